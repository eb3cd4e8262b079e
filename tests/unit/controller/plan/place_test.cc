#include "controller/plan/place.h"

#include <gtest/gtest.h>

#include "unit/controller/plan/placing.h"

// api.md, "Names of generated objects" and "Who is a member": which addresses share a group, and who is in
// it.
namespace fairlead::controller {
namespace {

using namespace testing;

std::string leader(const api::VRRPGroup& group) {
  std::string out;
  int best = 0;
  for (const auto& member : group.spec.members) {
    if (member.priority > best) out = member.node;
    best = std::max(best, member.priority);
  }
  return out;
}

TEST(Place, AFirstVirtualIPOpensAGroupWithThePoolsParameters) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.preempt_delay = Seconds(5);
  add_vips(inputs, 1);
  const auto out = placed(inputs);
  const auto& group = out.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_EQ(group.spec.virtual_router_id, 1);
  EXPECT_EQ(group.spec.interface, "eth0");
  EXPECT_EQ(group.spec.advert_interval, Milliseconds(250));
  EXPECT_EQ(group.spec.preempt_delay, Seconds(5));
  EXPECT_EQ(group.spec.members.size(), 3U);
  EXPECT_EQ(group.meta.labels.size(), 3U);
  EXPECT_TRUE(group.meta.labels.contains("node.fairlead.dev/node-a"));
  ASSERT_EQ(group.spec.addresses.size(), 1U);
  EXPECT_EQ(group.spec.addresses.front().owners.front(), (api::AddressOwner{"shop", "vip-0", "uid-vip-0"}));
}

TEST(Place, GroupsOpenUntilThereIsOnePerEligibleNodeThenAddressesShare) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 7);
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 3U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-1"}).spec.addresses.size(), 3U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-2"}).spec.addresses.size(), 2U);
  EXPECT_EQ(out.groups.at({"", "192-0-2-0-24-v4-3"}).spec.addresses.size(), 2U);
}

TEST(Place, RanksRotateFromGroupToGroup) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 3);
  std::set<std::string> leaders;
  for (const auto& [key, group] : placed(inputs).groups) leaders.insert(leader(group));
  EXPECT_EQ(leaders.size(), 3U);
}

TEST(Place, ThePoolsNumberOfGroupsHolds) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, 5);
  EXPECT_EQ(placed(inputs).groups.size(), 1U);
}

TEST(Place, AnAddressStaysInItsGroupWithItsMembers) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 2);
  const auto first = placed(inputs);
  inputs.groups = first.groups;
  put(inputs.nodes, node("node-d"));
  put(inputs.node_reports, report("node-d", "eth0", "192.0.2.4/24"));
  const auto second = placed(inputs);
  EXPECT_EQ(second.group_of, first.group_of);
  EXPECT_EQ(second.groups.at({"", "192-0-2-0-24-v4-1"}).spec.members.size(), 4U);
}

TEST(Place, WithNoEligibleNodeTheReasonNamesEachNode) {
  Inputs inputs = three_nodes();
  inputs.node_reports.clear();
  add_vips(inputs, 1);
  const auto no = placed(inputs).refused.at({"shop", "vip-0"});
  EXPECT_EQ(no.reason, Reason::kNoEligibleNode);
  EXPECT_NE(no.message.find("node-a, node-b, node-c: no NodeReport"), std::string::npos);
}

TEST(Place, AFullGroupIsNotJoined) {
  Inputs inputs = three_nodes();
  put(inputs.pools, pool("public", "10.9.0.0/16"));
  for (const std::string name : {"node-a", "node-b", "node-c"}) {
    inputs.node_reports.at({"", name}).spec.interfaces.front().addresses = {
        *net::parse_prefix("10.9.255.250/16")};
  }
  inputs.pools.at({"", "public"}).spec.groups = 1;
  for (int i = 0; i < 256; ++i) {
    auto object = vip("v" + std::to_string(1000 + i), "10.9.1." + std::to_string(i));
    put(inputs.virtual_ips, object);
  }
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 255U);
}

TEST(Place, DifferentParametersDoNotShareAGroup) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  auto fast = pool("fast", "192.0.2.10-192.0.2.20");
  fast.spec.groups = 1;
  fast.spec.vrrp.advert_interval = Milliseconds(100);
  put(inputs.pools, fast);
  put(inputs.virtual_ips, vip("slow", "192.0.2.100"));
  put(inputs.virtual_ips, vip("fast", "192.0.2.10"));
  EXPECT_EQ(placed(inputs).groups.size(), 2U);
}

TEST(Place, DifferentEligibleNodesDoNotShareAGroup) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  inputs.node_reports.at({"", "node-c"}).spec.capabilities.ipvs = false;
  put(inputs.virtual_ips, vip("nat", "192.0.2.100"));
  auto delegate = vip("delegate", "192.0.2.101");
  delegate.spec.forwarding = api::Forwarding::kDelegate;
  put(inputs.virtual_ips, delegate);
  EXPECT_EQ(placed(inputs).groups.size(), 2U);
}

TEST(Place, AVirtualIPWithoutItsFinalizerIsNotPlacedYet) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  Seating seating = granted(inputs);
  seating.unready = {"uid-vip-0"};
  EXPECT_TRUE(placed(inputs, seating).groups.empty());
}

TEST(Place, AFrozenVirtualIPKeepsItsAddress) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  Seating seating;
  seating.frozen = {"uid-vip-0"};
  EXPECT_EQ(placed(inputs, seating).groups, inputs.groups);
}

}  // namespace
}  // namespace fairlead::controller
