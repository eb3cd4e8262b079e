#include <gtest/gtest.h>

#include <algorithm>

#include "unit/controller/plan/placing.h"

// externalTrafficPolicy: Local (api.md, "Who is a member"; kubernetes.md 6): addresses are held by nodes with
// an endpoint.
namespace fairlead::controller {
namespace {

using namespace testing;
using Nodes = std::set<std::string>;
using Members = std::vector<api::GroupMember>;
using LocalNodes = std::map<net::IpAddress, Nodes>;

const std::string kFirst = "192-0-2-0-24-v4-1";

Placement placed_by(const Inputs& inputs, const LocalNodes& local) {
  Seating seating = granted(inputs);
  seating.local_nodes = local;
  return placed(inputs, seating);
}
LocalNodes all_on(const Inputs& inputs, const Nodes& nodes) {
  LocalNodes out;
  for (const auto& [key, object] : inputs.virtual_ips) out[object.spec.addresses.front()] = nodes;
  return out;
}
Nodes members_of(const api::VRRPGroup& group) {
  Nodes out;
  for (const auto& member : group.spec.members) out.insert(member.node);
  return out;
}
Nodes giving_up(const api::VRRPGroup& group) {
  Nodes out;
  for (const auto& member : group.spec.members) {
    if (member.hand_over) out.insert(member.node);
  }
  return out;
}
// Everything reported: the strongest is Master, the others hear it.
void serve(Inputs& inputs) {
  for (auto& [key, group] : inputs.groups) {
    group.status.members.clear();
    const auto& members = group.spec.members;
    const auto master = std::max_element(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return api::priority_in_use(a) < api::priority_in_use(b);
    });
    for (const auto& member : members) {
      const bool leads = member.node == master->node;
      auto& said = group.status.members.emplace_back(
          entry(member.node, leads ? api::MemberState::kMaster : api::MemberState::kBackup));
      said.observed_generation = group.meta.generation;
      if (!leads) said.hears = "192.0.2.1";
    }
  }
}
// What the next round sees.
void carry_out(Inputs& inputs, const Placement& placement) {
  for (const auto& [key, group] : placement.groups) {
    auto& there = inputs.groups[key];
    const bool same = there.spec == group.spec;
    const auto generation = there.meta.generation;
    there = group;
    there.meta.generation = same ? generation : generation + 1;
  }
  serve(inputs);
}
// In one group of its own frame, on these nodes.
Inputs served_on(int addresses, const Nodes& nodes) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, addresses);
  carry_out(inputs, placed_by(inputs, all_on(inputs, nodes)));
  return inputs;
}

TEST(LocalNodes, AloneAreMembers) {
  const Inputs inputs = served_on(1, {"node-b", "node-c"});
  EXPECT_EQ(members_of(inputs.groups.at({"", kFirst})), (Nodes{"node-b", "node-c"}));
}

TEST(LocalNodes, ShareAGroupOnlyWithTheSameAndNotWithCluster) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  add_vips(inputs, 4);
  const Nodes all{"node-a", "node-b", "node-c"};
  const auto out = placed_by(
      inputs, {{ip("192.0.2.100"), all}, {ip("192.0.2.101"), {"node-a"}}, {ip("192.0.2.102"), all}});
  EXPECT_EQ(out.groups.size(), 3U);
  EXPECT_EQ(out.group_of.at(ip("192.0.2.100")), out.group_of.at(ip("192.0.2.102")));
  EXPECT_NE(out.group_of.at(ip("192.0.2.100")), out.group_of.at(ip("192.0.2.103")));
}

// api.md: "VIPs with the same set of eligible nodes share a group". Sets are many, virtual router IDs few.
TEST(LocalNodes, OpenOneGroupForEachSetOfThem) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 4);
  EXPECT_EQ(placed(inputs).groups.size(), 3U);  // one for each node
  EXPECT_EQ(placed_by(inputs, all_on(inputs, {"node-a", "node-b"})).groups.size(), 1U);
}

TEST(LocalNodes, OfAGroupOfItsOwnAreFollowedByHandOver) {
  Inputs inputs = served_on(1, {"node-a"});
  const auto local = all_on(inputs, {"node-c"});
  auto out = placed_by(inputs, local);
  EXPECT_EQ(members_of(out.groups.at({"", kFirst})), (Nodes{"node-a", "node-c"}));
  EXPECT_EQ(giving_up(out.groups.at({"", kFirst})), Nodes{});  // nobody is there to take over yet
  carry_out(inputs, out);
  out = placed_by(inputs, local);
  EXPECT_EQ(giving_up(out.groups.at({"", kFirst})), (Nodes{"node-a"}));
  carry_out(inputs, out);
  out = placed_by(inputs, local);
  EXPECT_EQ(members_of(out.groups.at({"", kFirst})), (Nodes{"node-c"}));
  EXPECT_EQ(out.group_of.at(ip("192.0.2.100")), kFirst);
}

TEST(LocalNodes, OfTheFewInASharedGroupMoveThemAndOfTheMostAreFollowed) {
  Inputs inputs = served_on(3, {"node-a", "node-b"});
  LocalNodes local = all_on(inputs, {"node-a", "node-b"});
  local[ip("192.0.2.100")] = {"node-c"};
  auto out = placed_by(inputs, local);
  EXPECT_FALSE(out.group_of.contains(ip("192.0.2.100")));
  EXPECT_TRUE(out.moving.contains(ip("192.0.2.100")));
  EXPECT_EQ(members_of(out.groups.at({"", kFirst})), (Nodes{"node-a", "node-b"}));
  local[ip("192.0.2.101")] = {"node-c"};
  out = placed_by(inputs, local);
  EXPECT_EQ(out.group_of.at(ip("192.0.2.100")), kFirst);
  EXPECT_EQ(out.group_of.at(ip("192.0.2.101")), kFirst);
  EXPECT_TRUE(out.moving.contains(ip("192.0.2.102")));
}

TEST(LocalNodes, WithoutAnEndpointItStaysWhereItIs) {
  Inputs inputs = served_on(3, {"node-a", "node-b"});
  LocalNodes local = all_on(inputs, {"node-a", "node-b"});
  local[ip("192.0.2.100")] = {};
  local[ip("192.0.2.101")] = {};
  auto out = placed_by(inputs, local);  // most of them: the third says all the same
  EXPECT_EQ(out.groups.at({"", kFirst}).spec, inputs.groups.at({"", kFirst}).spec);
  out = placed_by(inputs, all_on(inputs, {}));
  EXPECT_EQ(out.groups.at({"", kFirst}).spec, inputs.groups.at({"", kFirst}).spec);
}

// As after a Deployment that is scaled down node by node: the last of three has the lowest priority, and
// whoever joined would be stronger and take the VIP from it.
TEST(LocalNodes, WithoutAnEndpointNobodyJoinsWhileSomeMemberCanHoldIt) {
  Inputs inputs = served_on(1, {"node-a", "node-b", "node-c"});
  auto& members = inputs.groups.at({"", kFirst}).spec.members;
  const auto weakest = *std::min_element(
      members.begin(), members.end(), [](const auto& a, const auto& b) { return a.priority < b.priority; });
  members = {weakest};
  serve(inputs);
  EXPECT_EQ(placed_by(inputs, all_on(inputs, {})).groups.at({"", kFirst}).spec.members, Members{weakest});
  inputs.nodes.at({"", weakest.node}).ready = false;  // it holds it, or nobody does
  EXPECT_EQ(members_of(placed_by(inputs, all_on(inputs, {})).groups.at({"", kFirst})).size(), 3U);
}

// And nobody takes back, by its priority, what it gave away with its last endpoint.
TEST(LocalNodes, WithoutAnEndpointWhoHasGivenUpDoesSoStill) {
  Inputs inputs = served_on(1, {"node-a", "node-b"});
  carry_out(inputs, placed_by(inputs, all_on(inputs, {"node-b"})));
  const auto before = inputs.groups.at({"", kFirst}).spec;
  ASSERT_EQ(giving_up(inputs.groups.at({"", kFirst})), Nodes{"node-a"});
  EXPECT_EQ(placed_by(inputs, all_on(inputs, {})).groups.at({"", kFirst}).spec, before);
}

TEST(LocalNodes, ANewOneWithoutAnEndpointIsHeldByWhoeverCan) {
  const Inputs inputs = served_on(1, {});
  EXPECT_EQ(members_of(inputs.groups.at({"", kFirst})), (Nodes{"node-a", "node-b", "node-c"}));
}

TEST(LocalNodes, WhereNoneOfThemCanHoldTheAddressNobodyDoes) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  const auto out = placed_by(inputs, all_on(inputs, {"worker-7"}));
  EXPECT_EQ(out.refused.at({"shop", "vip-0"}).reason, Reason::kNoEligibleNode);
  EXPECT_EQ(out.refused.at({"shop", "vip-0"}).message,
            "no node can hold 192.0.2.100 (node-a, node-b, node-c: no endpoint of the Service is ready there "
            "(externalTrafficPolicy: Local))");
}

// kubernetes.md 6: "NotReady: an incumbent keeps its priority: losing the API must move no VIP". Its
// endpoints are then not ready, either, because the control plane takes them for lost.
TEST(LocalNodes, ANodeThatIsNotReadyKeepsItsSeatThoughItsEndpointsAreNotReady) {
  Inputs inputs = served_on(2, {"node-a", "node-b"});
  inputs.nodes.at({"", "node-a"}).ready = false;
  auto out = placed_by(inputs, all_on(inputs, {"node-b"}));
  EXPECT_EQ(out.groups.at({"", kFirst}).spec, inputs.groups.at({"", kFirst}).spec);
  LocalNodes local = all_on(inputs, {"node-b"});
  local[ip("192.0.2.100")] = {"node-a", "node-b"};
  EXPECT_TRUE(placed_by(inputs, local).moving.empty());
}

// A node is Ready before its Pods are, as after a restart of its kubelet.
TEST(LocalNodes, ANodeThatIsReadyAgainIsNotJudgedBeforeItsPodsHadTime) {
  Inputs inputs = served_on(3, {"node-a", "node-b"});
  LocalNodes local = all_on(inputs, {"node-a", "node-b"});
  local[ip("192.0.2.100")] = {"node-b"};
  inputs.memory.recovering["node-a"] = inputs.now - Seconds(29);
  EXPECT_TRUE(placed_by(inputs, local).moving.empty());
  EXPECT_EQ(placed_by(inputs, all_on(inputs, {"node-b"})).groups.at({"", kFirst}).spec,
            inputs.groups.at({"", kFirst}).spec);
  inputs.memory.recovering["node-a"] = inputs.now - Seconds(30);
  EXPECT_TRUE(placed_by(inputs, local).moving.contains(ip("192.0.2.100")));
  EXPECT_EQ(giving_up(placed_by(inputs, all_on(inputs, {"node-b"})).groups.at({"", kFirst})),
            Nodes{"node-a"});
}

// It may have become Ready just before.
TEST(LocalNodes, NorIsAnyNodeRightAfterTheControllerBegan) {
  Inputs inputs = served_on(3, {"node-a", "node-b"});
  LocalNodes local = all_on(inputs, {"node-a", "node-b"});
  local[ip("192.0.2.100")] = {"node-b"};
  inputs.memory.begun = inputs.now - Seconds(29);
  EXPECT_TRUE(placed_by(inputs, local).moving.empty());
  inputs.memory.begun = inputs.now - Seconds(30);
  EXPECT_TRUE(placed_by(inputs, local).moving.contains(ip("192.0.2.100")));
}

// As far as a node is concerned that is not Ready just now they are alike.
TEST(LocalNodes, PlacedTogetherStayTogether) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.groups = 1;
  inputs.nodes.at({"", "node-c"}).ready = false;
  add_vips(inputs, 2);
  const LocalNodes local{{ip("192.0.2.100"), {"node-a", "node-b"}},
                         {ip("192.0.2.101"), {"node-a", "node-b", "node-c"}}};
  carry_out(inputs, placed_by(inputs, local));
  const auto before = inputs.groups;
  EXPECT_TRUE(placed_by(inputs, local).moving.empty());
  for (const auto& [key, group] : placed_by(inputs, local).groups) EXPECT_EQ(group.spec, before.at(key).spec);
}

TEST(LocalNodes, OfEachFamilyAreThoseOfItsGroup) {
  Inputs inputs = with_ipv6();
  auto object = vip("web", "192.0.2.100");
  object.spec.addresses.push_back(ip("2001:db8::1:1"));
  put(inputs.virtual_ips, object);
  const auto out = placed_by(
      inputs, {{ip("192.0.2.100"), {"node-a", "node-b"}}, {ip("2001:db8::1:1"), {"node-b", "node-c"}}});
  const auto& four = out.groups.at({"", out.group_of.at(ip("192.0.2.100"))});
  const auto& six = out.groups.at({"", out.group_of.at(ip("2001:db8::1:1"))});
  EXPECT_EQ(members_of(four), (Nodes{"node-a", "node-b"}));
  EXPECT_EQ(members_of(six), (Nodes{"node-b", "node-c"}));
}

// Without these, and what the members make of it: node-b has let go, node-a has not.
Inputs released(const Inputs& inputs, const LocalNodes& local, int count) {
  Inputs out = inputs;
  for (int i = 0; i < count; ++i) out.virtual_ips.erase({"shop", "vip-" + std::to_string(i)});
  const auto without = placed_by(out, local);
  EXPECT_FALSE(without.group_of.contains(ip("192.0.2.100")));
  out.groups = without.groups;
  for (auto& [key, group] : out.groups) {
    ++group.meta.generation;
    for (auto& said : group.status.members) {
      if (said.node == "node-b") said.observed_generation = group.meta.generation;
    }
  }
  out.virtual_ips = inputs.virtual_ips;
  return out;
}

// As after a withdrawal that ends before the last member has said that it let go, and may never: these are
// the group's own nodes.
TEST(PlacementFC17, ComesBackIntoTheGroupThatItLeftWithoutWaitingForItsNodes) {
  const Inputs inputs = served_on(2, {"node-a", "node-b"});
  const auto local = all_on(inputs, {"node-a", "node-b"});
  for (const int count : {1, 2}) {  // with two the group is empty
    const Inputs without = released(inputs, local, count);
    ASSERT_EQ(open_releases(without, without.groups.at({"", kFirst})).size(),
              static_cast<std::size_t>(count));
    const auto out = placed_by(without, local);
    EXPECT_TRUE(out.moving.empty()) << count;
    EXPECT_EQ(out.groups.at({"", kFirst}).spec, inputs.groups.at({"", kFirst}).spec) << count;
    EXPECT_TRUE(noted_releases(out.groups.at({"", kFirst})).empty()) << count;
  }
}

// What a node holds yet it holds for him who had it.
TEST(PlacementFC17, OfAnotherWhoGetsTheAddressItWaitsForTheNodesOfTheGroupThatItLeft) {
  const Inputs inputs = served_on(2, {"node-a", "node-b"});
  const auto local = all_on(inputs, {"node-a", "node-b"});
  Inputs without = released(inputs, local, 1);
  for (auto& [key, object] : without.virtual_ips) object.meta.uid += "-anew";
  const auto out = placed_by(without, local);
  EXPECT_TRUE(out.moving.contains(ip("192.0.2.100")));
  EXPECT_EQ(noted_releases(out.groups.at({"", kFirst})).size(), 1U);
}

TEST(PlacementFC17, WaitsForTheNodesOfAGroupThatIsNotTheRightOneAnyMore) {
  const Inputs inputs = served_on(2, {"node-a", "node-b"});
  LocalNodes local = all_on(inputs, {"node-a", "node-b"});
  const Inputs without = released(inputs, local, 1);
  local[ip("192.0.2.100")] = {"node-c"};
  EXPECT_TRUE(placed_by(without, local).moving.contains(ip("192.0.2.100")));
}

}  // namespace
}  // namespace fairlead::controller
