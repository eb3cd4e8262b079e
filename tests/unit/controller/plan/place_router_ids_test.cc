#include "controller/plan/place.h"

#include <gtest/gtest.h>

#include "unit/controller/plan/placing.h"

// api.md, "Names of generated objects": which virtual router ID and which name a new group takes.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Place, VirtualRouterIDsInUseOnTheSameInterfaceAreLeftOut) {
  Inputs inputs = three_nodes();
  auto other = group({"other-v4-1", 1, {{"192.0.2.50", "x"}}, {{"node-b", 200}}});
  other.spec.addresses.front().owners.clear();
  put(inputs.groups, other);
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-2"}));
}

TEST(Place, TheSameVirtualRouterIDOnAnotherInterfaceIsFree) {
  Inputs inputs = three_nodes();
  auto other = group({"other-v4-1", 1, {{"198.51.100.50", "x"}}, {{"node-b", 200}}});
  other.spec.addresses.front().owners.clear();
  other.spec.interface = "eth1";
  put(inputs.groups, other);
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-1"}));
}

TEST(Place, VirtualRouterIDsOfForeignSpeakersAreLeftOut) {
  Inputs inputs = three_nodes();
  auto& heard = inputs.node_reports.at({"", "node-c"}).spec.heard_virtual_routers;
  heard.push_back({"eth0", net::Family::kIPv4, 1, ip("192.0.2.9")});
  heard.push_back({"eth1", net::Family::kIPv4, 2, ip("192.0.2.9")});
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-2"}));
}

TEST(Place, TheNameOfAnUnreadableGroupIsNotTaken) {
  Inputs inputs = three_nodes();
  inputs.poisoned_groups.insert({{"", "192-0-2-0-24-v4-1"}, {meta("192-0-2-0-24-v4-1", ""), {}}});
  add_vips(inputs, 1);
  EXPECT_TRUE(placed(inputs).groups.contains({"", "192-0-2-0-24-v4-2"}));
}

// The group that has it on another segment of the same wire came first: the node would refuse the younger.
TEST(Place, ANodeGetsNoSeatWhereAnotherGroupHasTheVirtualRouterIDOnItsInterface) {
  Inputs inputs = three_nodes();
  inputs.nodes.at({"", "node-c"}).ready = false;
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  auto other = group({"198-51-100-0-24-v4-1", 1, {{"198.51.100.50", "x"}}, {{"node-c", 200}}});
  other.spec.addresses.front().owners.clear();
  put(inputs.groups, other);
  inputs.nodes.at({"", "node-c"}).ready = true;
  const auto seated = [&] { return placed(inputs).groups.at({"", "192-0-2-0-24-v4-1"}).spec.members.size(); };
  EXPECT_EQ(seated(), 2U);
  inputs.groups.at({"", "198-51-100-0-24-v4-1"}).spec.interface = "eth1";
  EXPECT_EQ(seated(), 3U);
}

// Of two groups that would both seat it, one does.
TEST(Place, NorDoTwoGroupsWithOneVirtualRouterIDSeatANodeAtOnce) {
  Inputs inputs = three_nodes();
  inputs.node_reports.at({"", "node-c"})
      .spec.interfaces.front()
      .addresses.push_back(*net::parse_prefix("198.51.100.3/24"));
  put(inputs.pools, pool("other", "198.51.100.96/27"));
  add_vips(inputs, 1);
  put(inputs.virtual_ips, vip("web", "198.51.100.100"));
  put(inputs.groups,
      group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.100", "vip-0"}}, {{"node-a", 200}, {"node-b", 150}}}));
  auto lone = group({"198-51-100-0-24-v4-1", 1, {{"198.51.100.100", "web"}}, {{"node-d", 200}}});
  put(inputs.nodes, node("node-d"));
  put(inputs.groups, lone);
  int seats = 0;
  for (const auto& [key, group] : placed(inputs).groups) {
    for (const auto& member : group.spec.members) seats += member.node == "node-c" ? 1 : 0;
  }
  EXPECT_EQ(seats, 1);
}

TEST(Place, OnlyThePoolsVirtualRouterIDsAreUsed) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.virtual_router_ids = {{50, 50}};
  add_vips(inputs, 2);
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.virtual_router_id, 50);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 2U);
}

TEST(Place, WithNoVirtualRouterIDLeftTheAddressIsRefused) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.virtual_router_ids = {{50, 50}};
  inputs.node_reports.at({"", "node-a"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 50, ip("192.0.2.9")});
  add_vips(inputs, 1);
  const auto out = placed(inputs);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_EQ(out.refused.at({"shop", "vip-0"}).reason, Reason::kVirtualRouterIDsExhausted);
}

}  // namespace
}  // namespace fairlead::controller
