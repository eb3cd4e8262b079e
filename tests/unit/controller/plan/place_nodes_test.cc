#include <gtest/gtest.h>

#include "unit/controller/plan/placing.h"

// api.md, VirtualIP: `placement`; "Who is a member"; kubernetes.md 1: dual stack.
namespace fairlead::controller {
namespace {

using namespace testing;
using Priorities = std::map<std::string, int>;

const std::string kFirst = "192-0-2-0-24-v4-1";

Priorities priorities_of(const api::VRRPGroup& group) {
  Priorities out;
  for (const auto& member : group.spec.members) out[member.node] = member.priority;
  return out;
}
api::VRRPGroup group_of(const Placement& placement, const std::string& address) {
  return placement.groups.at({"", placement.group_of.at(ip(address))});
}
api::LabelSelector edge() { return {{{"edge", api::LabelOperator::kIn, {"true"}}}}; }
void label_edge(Inputs& inputs, const std::string& node) {
  inputs.nodes.at({"", node}).meta.labels["edge"] = "true";
}
// One group for all, in which each has reported its generation: node-a is Master.
void serve(Inputs& inputs) {
  for (auto& [key, group] : inputs.groups) {
    group.meta.generation = 1;
    group.status.members = {entry("node-a", api::MemberState::kMaster),
                            entry("node-b", api::MemberState::kBackup),
                            entry("node-c", api::MemberState::kBackup)};
    for (auto& member : group.status.members) member.hears = "192.0.2.1";
  }
}
Inputs one_group_of(int addresses) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, addresses);
  inputs.groups = placed(inputs).groups;
  serve(inputs);
  return inputs;
}
api::NodePlacement& placement_of(Inputs& inputs, const std::string& vip) {
  return inputs.virtual_ips.at({"shop", vip}).spec.placement;
}

TEST(Placement, ANodeSelectorNarrowsThePools) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  label_edge(inputs, "node-b");
  placement_of(inputs, "vip-0").node_selector = edge();
  EXPECT_EQ(priorities_of(placed(inputs).groups.at({"", kFirst})), (Priorities{{"node-b", 200}}));
}

TEST(Placement, PreferredNodesHaveTheHighestRanksInTheirOrderAndRanksAreNotRotated) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 3);
  for (int i = 0; i < 3; ++i) {
    placement_of(inputs, "vip-" + std::to_string(i)).preferred_nodes = {"node-c", "node-b"};
  }
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 3U);
  for (const auto& [key, group] : out.groups) {
    EXPECT_EQ(priorities_of(group), (Priorities{{"node-a", 100}, {"node-b", 150}, {"node-c", 200}}));
  }
}

TEST(Placement, OtherPreferencesAreAnotherGroup) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, 3);
  placement_of(inputs, "vip-1").preferred_nodes = {"node-c"};
  const auto out = placed(inputs);
  EXPECT_EQ(out.groups.size(), 2U);
  EXPECT_EQ(out.group_of.at(ip("192.0.2.100")), out.group_of.at(ip("192.0.2.102")));
}

TEST(Placement, APreferredNodeTakesAFreeSeatFirst) {
  Inputs inputs = three_nodes();
  for (int i = 4; i <= 20; ++i) {
    const std::string name = "node-" + std::to_string(i);
    put(inputs.nodes, node(name));
    put(inputs.node_reports, report(name, "eth0", "192.0.2." + std::to_string(i) + "/24"));
  }
  add_vips(inputs, 1);
  placement_of(inputs, "vip-0").preferred_nodes = {"node-13", "node-7", "node-19"};
  const auto members = priorities_of(placed(inputs).groups.at({"", kFirst}));
  EXPECT_EQ(members.size(), 8U);
  EXPECT_EQ(members.at("node-13"), 200);
  EXPECT_GT(members.at("node-7"), members.at("node-19"));
}

TEST(Placement, APreferredNodeThatComesLaterIsRaisedOverTheOthersWhichKeepTheirOrder) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  placement_of(inputs, "vip-0").preferred_nodes = {"node-d"};
  inputs.groups = placed(inputs).groups;
  put(inputs.nodes, node("node-d"));
  put(inputs.node_reports, report("node-d", "eth0", "192.0.2.4/24"));
  const auto before = priorities_of(inputs.groups.at({"", kFirst}));
  const auto out = placed(inputs);
  const auto after = priorities_of(out.groups.at({"", kFirst}));
  EXPECT_EQ(after.at("node-d"), 200);
  for (const auto& [a, priority_a] : before) {
    for (const auto& [b, priority_b] : before) {
      EXPECT_EQ(priority_a < priority_b, after.at(a) < after.at(b)) << a << " " << b;
    }
  }
  inputs.groups = out.groups;
  EXPECT_EQ(placed(inputs).groups, out.groups);  // and no more
}

TEST(Placement, AGroupOfItsOwnChangesItsMembersWithoutAMove) {
  Inputs inputs = one_group_of(1);
  label_edge(inputs, "node-b");
  label_edge(inputs, "node-c");
  placement_of(inputs, "vip-0").node_selector = edge();
  const auto out = placed(inputs);
  ASSERT_EQ(out.group_of.at(ip("192.0.2.100")), kFirst);
  EXPECT_TRUE(out.groups.at({"", kFirst}).spec.members.front().hand_over);  // node-a, the Master
}

TEST(Placement, OfASharedGroupTheOneThatWantsOtherNodesLeavesAndIsFirstReleased) {
  Inputs inputs = one_group_of(3);
  label_edge(inputs, "node-b");
  placement_of(inputs, "vip-0").node_selector = edge();
  auto out = placed(inputs);
  EXPECT_FALSE(out.group_of.contains(ip("192.0.2.100")));
  EXPECT_EQ(out.group_of.at(ip("192.0.2.101")), kFirst);
  const auto& group = out.groups.at({"", kFirst});
  EXPECT_EQ(priorities_of(group), priorities_of(inputs.groups.at({"", kFirst})));
  const auto notes = noted_releases(group);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes.front(), (Release{ip("192.0.2.100"), "uid-vip-0", {"node-a", "node-b", "node-c"}}));
}

TEST(Placement, NobodyIsSentAwayForNobody) {
  Inputs inputs = one_group_of(3);
  placement_of(inputs, "vip-0").node_selector = edge();
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

// Whoever is listed first speaks for a shared address, before and after it is placed.
TEST(Placement, OfASharedAddressTheFirstOwnerSays) {
  Inputs inputs = one_group_of(2);
  label_edge(inputs, "node-b");
  auto object = vip("a-sharer", "192.0.2.100");
  object.spec.placement.node_selector = edge();
  put(inputs.virtual_ips, object);
  const auto out = placed(inputs);
  EXPECT_EQ(out.group_of.at(ip("192.0.2.100")), kFirst);
  EXPECT_EQ(out.groups.at({"", kFirst}).spec.addresses.front().owners.size(), 2U);
  inputs.groups = out.groups;
  EXPECT_EQ(placed(inputs).groups, out.groups);
}

// By labels alone: a node that is NotReady for a while, and comes back, moves nobody.
TEST(Placement, ANodeThatIsNotReadyMovesNoAddress) {
  Inputs inputs = three_nodes();
  for (const std::string name : {"node-a", "node-b", "node-c"}) label_edge(inputs, name);
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, 2);
  inputs.groups = placed(inputs).groups;
  placement_of(inputs, "vip-0").node_selector = edge();
  inputs.nodes.at({"", "node-b"}).ready = false;
  EXPECT_EQ(placed(inputs).group_of, (std::map<net::IpAddress, std::string>{{ip("192.0.2.100"), kFirst},
                                                                            {ip("192.0.2.101"), kFirst}}));
}

// Two members at the most with adverts every 50 ms.
TEST(Signals, OneOfAFullGroupOfCordonedNodesGivesItsSeatToANodeThatMayServe) {
  Inputs inputs = three_nodes();
  inputs.nodes.at({"", "node-c"}).unschedulable = true;
  inputs.pools.at({"", "public"}).spec.vrrp.advert_interval = Milliseconds(50);
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  serve(inputs);
  EXPECT_EQ(priorities_of(inputs.groups.at({"", kFirst})), (Priorities{{"node-a", 200}, {"node-b", 150}}));
  for (auto& [key, node] : inputs.nodes) node.unschedulable = key.name != "node-c";
  EXPECT_EQ(priorities_of(placed(inputs).groups.at({"", kFirst})),
            (Priorities{{"node-a", 200}, {"node-c", 125}}));
}

// Six VirtualIPs of both families beside some of one: whatever leads what, each has equal ranks in both.
TEST(DualStack, BothGroupsOfAVirtualIPHaveEqualPriorities) {
  Inputs inputs = with_ipv6();
  for (int i = 0; i < 12; ++i) {
    auto object = vip("v" + std::to_string(10 + i), "192.0.2." + std::to_string(100 + i));
    object.meta.creation_timestamp = WallTime(Seconds(i));
    if (i % 3 == 0) object.spec.addresses.clear();
    if (i % 3 != 1) object.spec.addresses.push_back(ip("2001:db8::1:" + std::to_string(i)));
    put(inputs.virtual_ips, object);
  }
  for (int round = 0; round < 2; ++round) {
    const auto out = placed(inputs);
    for (int i = 2; i < 12; i += 3) {
      const auto four = group_of(out, "192.0.2." + std::to_string(100 + i));
      const auto six = group_of(out, "2001:db8::1:" + std::to_string(i));
      EXPECT_EQ(priorities_of(four), priorities_of(six)) << i;
    }
    inputs.groups = out.groups;
    put(inputs.nodes, node("node-d"));  // joins both in the same place
    put(inputs.node_reports, report("node-d", "eth0", "192.0.2.4/24"));
    auto& addresses = inputs.node_reports.at({"", "node-d"}).spec.interfaces.front().addresses;
    addresses.push_back(*net::parse_prefix("2001:db8::d/64"));
  }
}

TEST(DualStack, OfManyNodesBothGroupsHaveTheSameMembers) {
  Inputs inputs = three_nodes();
  put(inputs.pools, pool("six", "2001:db8::1:0/112"));
  for (int i = 4; i <= 20; ++i) {
    const std::string name = "node-" + std::to_string(i);
    put(inputs.nodes, node(name));
    put(inputs.node_reports, report(name, "eth0", "192.0.2." + std::to_string(i) + "/24"));
    auto& addresses = inputs.node_reports.at({"", name}).spec.interfaces.front().addresses;
    addresses.push_back(*net::parse_prefix("2001:db8::" + std::to_string(i) + "/64"));
  }
  for (const std::string name : {"node-a", "node-b", "node-c"}) inputs.nodes.erase({"", name});
  auto object = vip("web", "192.0.2.100");
  object.spec.addresses.push_back(ip("2001:db8::1:1"));
  put(inputs.virtual_ips, object);
  auto out = placed(inputs);
  EXPECT_EQ(priorities_of(group_of(out, "192.0.2.100")), priorities_of(group_of(out, "2001:db8::1:1")));
  inputs.groups = out.groups;
  inputs.nodes.erase({"", group_of(out, "192.0.2.100").spec.members.front().node});
  out = placed(inputs);
  EXPECT_EQ(group_of(out, "192.0.2.100").spec.members.size(), 8U);
  EXPECT_EQ(priorities_of(group_of(out, "192.0.2.100")), priorities_of(group_of(out, "2001:db8::1:1")));
}

TEST(DualStack, WithoutAFreeVirtualRouterIdItSharesAGroupAllTheSame) {
  Inputs inputs = with_ipv6();
  inputs.pools.at({"", "six"}).spec.vrrp.virtual_router_ids = {{7, 7}};
  add_vips(inputs, 3);
  for (int i = 0; i < 3; ++i) {
    auto& object = inputs.virtual_ips.at({"shop", "vip-" + std::to_string(i)});
    object.spec.addresses.push_back(ip("2001:db8::1:" + std::to_string(i)));
  }
  const auto out = placed(inputs);
  EXPECT_TRUE(out.refused.empty());
  EXPECT_EQ(group_of(out, "2001:db8::1:0").spec.addresses.size(), 3U);
}

}  // namespace
}  // namespace fairlead::controller
