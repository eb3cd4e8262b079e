#include "controller/plan/place.h"

#include <gtest/gtest.h>

#include "controller/plan/desired.h"
#include "controller/plan/release.h"
#include "unit/controller/plan/placing.h"

// api.md, Release: what a group remembers of addresses and members that left.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Place, AnAddressThatLostItsHolderLeavesWithANoteOfItsMembers) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  inputs.virtual_ips.clear();
  const auto out = placed(inputs);
  const auto& group = out.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_TRUE(group.spec.addresses.empty());
  EXPECT_EQ(group.meta.annotations.at(kReleasingAnnotation), "192.0.2.100 uid-vip-0 node-a,node-b,node-c");
  EXPECT_EQ(group.spec.members.size(), 3U);
}

// After a restored backup a VirtualIP may be in the group that the backup has and in one that was made before
// all of the backup was seen: two virtual routers, so two masters.
Inputs with_an_address_in_two_groups() {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  auto elder = group({"192-0-2-0-24-v4-7", 7, {{"192.0.2.100", "vip-0"}}, {{"node-a", 200}}});
  auto younger = group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.100", "vip-0"}}, {{"node-b", 200}}});
  elder.meta.creation_timestamp = WallTime(Seconds(1));
  younger.meta.creation_timestamp = WallTime(Seconds(2));
  put(inputs.groups, elder);
  put(inputs.groups, younger);
  return inputs;
}

TEST(Place, OfTwoGroupsWithOneAddressTheElderKeepsIt) {
  Inputs inputs = with_an_address_in_two_groups();
  const auto out = placed(inputs);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-7"}).spec.addresses.size(), 1U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-7"}).meta.annotations.count(kReleasingAnnotation), 0U);
  const auto& younger = out.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_TRUE(younger.spec.addresses.empty());
  EXPECT_EQ(younger.meta.annotations.at(kReleasingAnnotation), "192.0.2.100 uid-vip-0 node-b");
}

TEST(Place, WhileTheYoungerReleasesItTheElderKeepsIt) {
  Inputs inputs = with_an_address_in_two_groups();
  inputs.groups = desired(inputs).groups;
  EXPECT_EQ(releasing(inputs).blocked.count(*net::parse_address("192.0.2.100")), 1U);
  const auto out = desired(inputs);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-7"}).spec.addresses.size(), 1U);
  EXPECT_TRUE(out.groups.at({"", "192-0-2-0-24-v4-1"}).spec.addresses.empty());
}

// node-c was replaced: labelled still, no member, and its entry speaks of the generation it was one in.
api::VRRPGroup left_by_node_c() {
  auto out = group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.100", "vip-0"}}, {{"node-a", 200}, {"node-b", 150}}});
  out.spec.advert_interval = Milliseconds(50);  // two members
  out.meta.generation = 2;
  out.meta.labels[api::node_label("node-c")] = "";
  out.status.members = {entry("node-c", api::MemberState::kInitialize)};
  return out;
}
Inputs with_a_group_of_two() {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.advert_interval = Milliseconds(50);
  add_vips(inputs, 1);
  put(inputs.groups, left_by_node_c());
  return inputs;
}

// api.md, Release: it is to report; without the label it would not even see that it is out.
TEST(Place, AMemberThatLeftKeepsItsLabelUntilItHasReported) {
  Inputs inputs = with_a_group_of_two();
  const std::string label = api::node_label("node-c");
  EXPECT_TRUE(placed(inputs).groups.begin()->second.meta.labels.contains(label));
  inputs.groups.begin()->second.status.members[0].observed_generation = 2;
  EXPECT_FALSE(placed(inputs).groups.begin()->second.meta.labels.contains(label));
}

TEST(Place, AMemberThatLeftAndWhoseNodeIsGoneLosesItsLabel) {
  Inputs inputs = with_a_group_of_two();
  inputs.nodes.erase({"", "node-c"});
  EXPECT_FALSE(placed(inputs).groups.begin()->second.meta.labels.contains(api::node_label("node-c")));
}

TEST(Place, WhoLeftAndHasNotReportedMayHoldWhatIsReleasedLater) {
  Inputs inputs = with_a_group_of_two();
  inputs.virtual_ips.clear();
  EXPECT_EQ(placed(inputs).groups.begin()->second.meta.annotations.at(kReleasingAnnotation),
            "192.0.2.100 uid-vip-0 node-a,node-b,node-c");
  inputs.groups.begin()->second.status.members[0].observed_generation = 2;
  EXPECT_EQ(placed(inputs).groups.begin()->second.meta.annotations.at(kReleasingAnnotation),
            "192.0.2.100 uid-vip-0 node-a,node-b");
}

// A note that an earlier version of the controller wrote, and then took the label away.
TEST(Place, WhoStandsInANoteIsLabelled) {
  Inputs inputs = with_a_group_of_two();
  auto& before = inputs.groups.begin()->second.meta;
  before.labels.erase(api::node_label("node-c"));
  before.annotations[kReleasingAnnotation] = "192.0.2.109 uid-gone node-c";
  EXPECT_TRUE(placed(inputs).groups.begin()->second.meta.labels.contains(api::node_label("node-c")));
}

TEST(Place, AGroupWithoutAddressesGoesWhenEveryMemberHasReported) {
  Inputs inputs = three_nodes();
  auto emptied = group({"192-0-2-0-24-v4-1", 1, {}, {{"node-a", 200}}});
  emptied.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-vip-0 node-a";
  put(inputs.groups, emptied);
  EXPECT_EQ(placed(inputs).groups.size(), 1U);
  inputs.groups.begin()->second.status.members.push_back(entry("node-a", api::MemberState::kInitialize));
  EXPECT_TRUE(placed(inputs).groups.empty());
}

}  // namespace
}  // namespace fairlead::controller
