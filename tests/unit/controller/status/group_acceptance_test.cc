#include "controller/status/group_acceptance.h"

#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "controller/status/summary.h"
#include "unit/controller/builders.h"

// kubernetes.md 6, Conditions: a VRRPGroup carries Accepted. api.md: what is not built yet is refused and
// named; two holders of one address are said.
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

const std::string kNotSupported = "not supported yet, set it back to its default: ";

api::Condition said(const std::string& type, const std::string& message) {
  return {type, api::ConditionStatus::kTrue, type, message, 0, WallTime{}};
}

// node-a is Master of group g, node-b and node-c are Backup.
struct Scene {
  Inputs inputs = three_nodes();
  api::VRRPGroup group =
      testing::group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}});

  Scene() {
    group.status.members = {entry("node-a", MemberState::kMaster), entry("node-b", MemberState::kBackup),
                            entry("node-c", MemberState::kBackup)};
  }
  api::MemberStatus& member(std::size_t i) { return group.status.members[i]; }
  void nobody_runs_it() {
    for (auto& member : group.status.members) {
      member.state = MemberState::kInitialize;
      member.programmed = false;
    }
  }
  // Through the whole path; the group's status, and what a test puts beside the group counts, too.
  api::VRRPGroupStatus status() {
    put(inputs.groups, group);
    return summarize(inputs, desired(inputs), {}, WallTime(Seconds(5000)))
        .statuses.groups.at(cluster_key("g"));
  }
};

const api::Condition& the(const api::VRRPGroupStatus& status, const std::string& type) {
  return *find_condition(status.conditions, type);
}

TEST(GroupAccepted, IsAGroupOfWhichNobodySaysOtherwise) {
  Scene scene;
  scene.member(1).problems = {said("LinkDown", "eth0 has no carrier")};
  const auto out = scene.status();
  EXPECT_EQ(the(out, "Accepted").status, api::ConditionStatus::kTrue);
  EXPECT_EQ(the(out, "Accepted").reason, "Accepted");
  EXPECT_EQ(out.state, "Degraded");
}

TEST(GroupAccepted, IsNotWhatItsMembersCannotRunAndTheMessageNamesThem) {
  Scene scene;
  scene.nobody_runs_it();
  const auto wrong = said("InvalidSpec", "spec.members[0].priority: must be 1..254, got 255");
  scene.member(0).problems = {wrong};
  scene.member(1).problems = {wrong, said("InvalidSpec", "spec.x: must be y")};
  const auto out = scene.status();
  EXPECT_EQ(the(out, "Accepted").status, api::ConditionStatus::kFalse);
  EXPECT_EQ(the(out, "Accepted").reason, "InvalidSpec");
  EXPECT_EQ(the(out, "Accepted").message,
            "node-a, node-b: spec.members[0].priority: must be 1..254, got 255; node-b: spec.x: must be y");
  EXPECT_EQ(out.state, "Rejected");
}

// The last good version stays in force on the nodes.
TEST(GroupAccepted, IsNotASpoiltOneThatIsStillServedAndItsStateSaysSo) {
  Scene scene;
  scene.group.status.state = "Ready";
  scene.member(2).problems = {said("NotYetSupported", "spec.trackQuorum: is not supported yet")};
  auto out = scene.status();
  EXPECT_EQ(the(out, "Accepted").reason, "NotYetSupported");
  EXPECT_EQ(the(out, "Accepted").message, "node-c: spec.trackQuorum: is not supported yet");
  EXPECT_EQ(out.state, "Degraded");
  EXPECT_EQ(out.master, "node-a");
  scene.nobody_runs_it();
  out = scene.status();
  EXPECT_EQ(out.state, "NoMaster");
  EXPECT_EQ(the(out, "Accepted").status, api::ConditionStatus::kFalse);
}

TEST(GroupAccepted, IsNotOneWithAFieldThatIsNotBuiltYetWhoeverRunsIt) {
  Scene scene;
  scene.group.spec.not_yet_supported = {"spec.trackQuorum"};
  scene.member(0).problems = {said("InvalidSpec", "spec.x: must be y")};
  auto out = scene.status();
  EXPECT_EQ(the(out, "Accepted").reason, "NotYetSupported");
  EXPECT_EQ(the(out, "Accepted").message, kNotSupported + "spec.trackQuorum");
  scene.member(0).problems.clear();
  out = scene.status();
  EXPECT_EQ(the(out, "Degraded").reason, "NotYetSupported");
  EXPECT_EQ(out.state, "Degraded");
}

// What they said may be of a version that is mended by now.
TEST(GroupAccepted, DoesNotGoByAMemberThatMayBeDead) {
  Scene scene;
  scene.member(2).problems = {said("InvalidSpec", "spec.x: must be y")};
  EXPECT_TRUE(not_accepted(scene.inputs, scene.group, {}));
  EXPECT_FALSE(not_accepted(scene.inputs, scene.group, {"node-c"}));
  scene.inputs.nodes.at({"", "node-c"}).ready = false;
  EXPECT_FALSE(not_accepted(scene.inputs, scene.group, {}));
  scene.inputs.nodes.erase({"", "node-c"});
  EXPECT_FALSE(not_accepted(scene.inputs, scene.group, {}));
}

// Forwarding on a node may lack something: that is no fault of the group.
TEST(GroupAccepted, DoesNotGoByWhatANodeCannotForward) {
  Scene scene;
  scene.member(0).problems = {{"Degraded", api::ConditionStatus::kTrue, "NotYetSupported",
                               "DirectRouting to this node", 0, WallTime{}}};
  EXPECT_EQ(the(scene.status(), "Accepted").status, api::ConditionStatus::kTrue);
}

TEST(GroupAccepted, NamesFiveFaultsAndCountsTheRest) {
  Scene scene;
  for (const char* field : {"a", "b", "c", "d", "e", "f", "g"}) {
    scene.member(0).problems.push_back(said("InvalidSpec", field));
  }
  EXPECT_EQ(not_accepted(scene.inputs, scene.group, {})->message,
            "node-a: a; node-a: b; node-a: c; node-a: d; node-a: e; and 2 more");
}

// A group made by hand before or after g, with node-d as its member.
api::VRRPGroup by_hand(const std::string& name, int born) {
  auto out = testing::group({name, 7, {{"192.0.2.50", "x"}}, {{"node-d", 200}}});
  out.spec.addresses.front().owners.clear();
  out.meta.creation_timestamp = WallTime(Seconds(born));
  return out;
}

TEST(TakenAddress, ThatAGroupHoldsWithoutListingItIsSaidOfTheYoungerGroup) {
  Scene scene;
  scene.group.meta.creation_timestamp = WallTime(Seconds(20));
  scene.group.spec.excluded_addresses = {{ip("192.0.2.50"), 32}, {ip("192.0.2.60"), 32}};
  put(scene.inputs.groups, by_hand("hand", 10));
  const auto out = scene.status();
  EXPECT_EQ(the(out, "Degraded").reason, "AddressInUse");
  EXPECT_EQ(the(out, "Degraded").message, "192.0.2.50 belongs to VRRPGroup hand, which is older");
  EXPECT_EQ(out.state, "Degraded");
}

TEST(TakenAddress, IsNotSaidOfTheOlderGroup) {
  Scene scene;
  scene.group.meta.creation_timestamp = WallTime(Seconds(5));
  scene.group.spec.excluded_addresses = {{ip("192.0.2.50"), 32}};
  put(scene.inputs.groups, by_hand("hand", 10));
  EXPECT_EQ(scene.status().state, "Ready");
}

TEST(TakenAddress, OfAGroupMadeByHandIsSaidOfThatGroup) {
  Scene scene;
  put(scene.inputs.groups, by_hand("older", 10));
  put(scene.inputs.groups, by_hand("younger", 20));
  GroupSummary summary;
  summary.state = api::VipState::kReady;
  note_taken(holdings(scene.inputs), scene.inputs.groups.at({"", "older"}), summary);
  EXPECT_TRUE(summary.degraded.empty());
  note_taken(holdings(scene.inputs), scene.inputs.groups.at({"", "younger"}), summary);
  ASSERT_EQ(summary.degraded.size(), 1U);
  EXPECT_EQ(summary.degraded.front().message, "192.0.2.50 belongs to VRRPGroup older, which is older");
  EXPECT_EQ(summary.state, api::VipState::kDegraded);
}

// The VirtualIP says it, and the group loses the address.
TEST(TakenAddress, WithAnOwnerIsTheVirtualIPsBusiness) {
  Scene scene;
  scene.group.meta.creation_timestamp = WallTime(Seconds(20));
  auto excludes = by_hand("hand", 10);
  excludes.spec.excluded_addresses = {{ip("192.0.2.100"), 32}};
  put(scene.inputs.groups, excludes);
  EXPECT_EQ(scene.status().state, "Ready");
}

TEST(TakenAddress, ThatIsLinkLocalIsAnotherOnEveryInterface) {
  Inputs inputs;
  for (const std::string name : {"one", "two"}) {
    auto group = by_hand(name, 10);
    group.spec.family = net::Family::kIPv6;
    group.spec.addresses.front().address = ip("fe80::1");
    put(inputs.groups, group);
  }
  GroupSummary summary;
  for (const auto& [key, group] : inputs.groups) note_taken(holdings(inputs), group, summary);
  EXPECT_TRUE(summary.degraded.empty());
}

// A virtual router that holds what a VirtualIP asks for: the same by either list.
TEST(TakenAddress, ByEitherListIsRefusedToAVirtualIP) {
  for (const bool excluded : {false, true}) {
    Scene scene;
    auto hand = by_hand("hand", 10);
    if (excluded) {
      hand.spec.excluded_addresses = {{ip("192.0.2.101"), 32}};
    } else {
      hand.spec.addresses.front().address = ip("192.0.2.101");
    }
    put(scene.inputs.groups, hand);
    put(scene.inputs.virtual_ips, vip("late", "192.0.2.101"));
    const auto out = desired(scene.inputs);
    EXPECT_EQ(out.decisions.at({"shop", "late"}).not_allocated->reason, Reason::kAddressInUse);
    EXPECT_EQ(out.groups.size(), 1U);
  }
}

}  // namespace
}  // namespace fairlead::controller
