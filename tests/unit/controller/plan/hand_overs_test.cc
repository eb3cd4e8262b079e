#include "controller/plan/hand_overs.h"

#include <gtest/gtest.h>

#include <functional>

#include "unit/controller/builders.h"

// kubernetes.md 1, "Leaving a group", and 6, "Node labels, taints, conditions honoured"; FN-25.
namespace fairlead::controller {
namespace {

using namespace testing;
using Nodes = std::set<std::string>;

constexpr const char* kExclude = "node.kubernetes.io/exclude-from-external-load-balancers";

api::MemberStatus backup(const std::string& node_name) {
  auto out = entry(node_name, api::MemberState::kBackup);
  out.hears = "192.0.2.1";
  return out;
}

// node-a is Master, node-b and node-c hear it.
api::VRRPGroup served_group() {
  auto out = group({.addresses = {{"192.0.2.100", "web"}},
                    .members = {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}});
  out.status.members = {entry("node-a", api::MemberState::kMaster), backup("node-b"), backup("node-c")};
  return out;
}

HandOvers found(const Inputs& inputs, const api::VRRPGroup& group) {
  return hand_overs(inputs, group, nullptr);
}

api::Node& node_a(Inputs& inputs) { return inputs.nodes.at({"", "node-a"}); }
Inputs cordoned() {
  Inputs inputs = three_nodes();
  node_a(inputs).unschedulable = true;
  return inputs;
}
Inputs excluded() {
  Inputs inputs = three_nodes();
  node_a(inputs).meta.labels[kExclude] = "";
  return inputs;
}
Inputs tainted(const std::string& key) {
  Inputs inputs = three_nodes();
  node_a(inputs).taints.push_back({key, "NoExecute"});
  return inputs;
}
// What the next round sees of it, once node-a has done what it was told.
api::VRRPGroup handed_over() {
  auto out = served_group();
  out.spec.members[0].hand_over = true;
  out.meta.generation = 2;
  out.status.members = {backup("node-a"), entry("node-b", api::MemberState::kMaster), backup("node-c")};
  out.status.members[0].observed_generation = 2;
  return out;
}

TEST(HandOvers, NobodyGoesWithoutASignal) {
  EXPECT_EQ(found(three_nodes(), served_group()), HandOvers{});
  Inputs inputs = three_nodes();
  node_a(inputs).ready = false;  // losing the API must move no VIP
  EXPECT_EQ(found(inputs, served_group()), HandOvers{});
}

TEST(HandOvers, ACordonedNodeGivesUpAndStaysWhateverItReports) {
  EXPECT_EQ(found(cordoned(), served_group()), (HandOvers{{"node-a"}, {}}));
  EXPECT_EQ(found(cordoned(), handed_over()), (HandOvers{{"node-a"}, {}}));
}

TEST(HandOvers, ANodeWhoseNetworkIsUnavailableIsTreatedAsCordoned) {
  Inputs inputs = three_nodes();
  node_a(inputs).network_unavailable = true;
  EXPECT_EQ(found(inputs, handed_over()), (HandOvers{{"node-a"}, {}}));
}

TEST(HandOvers, NobodyGivesUpBeforeAnotherIsReadyToTakeOver) {
  const auto without = [](const std::function<void(api::MemberStatus&)>& spoil) {
    auto group = served_group();
    for (std::size_t i : {1U, 2U}) spoil(group.status.members[i]);
    return found(cordoned(), group);
  };
  EXPECT_EQ(without([](auto& entry) { entry.programmed = false; }), HandOvers{});
  EXPECT_EQ(without([](auto& entry) { entry.state = api::MemberState::kInitialize; }), HandOvers{});
  EXPECT_EQ(without([](auto& entry) { entry.hears.clear(); }), HandOvers{});
  auto silent = served_group();
  silent.status.members.resize(1);
  EXPECT_EQ(found(cordoned(), silent), HandOvers{});
}

TEST(HandOvers, WhoseNodeIsNotReadyOrWhoseEntryIsStaleIsNotReadyToTakeOver) {
  Inputs inputs = cordoned();
  inputs.nodes.at({"", "node-b"}).ready = false;
  inputs.memory.stale_members.insert({"192-0-2-0-24-v4-1", "node-c"});
  EXPECT_EQ(found(inputs, served_group()), HandOvers{});
}

TEST(HandOvers, WhoIsToGoHimselfIsNoSuccessor) {
  Inputs inputs = cordoned();
  for (auto& [key, node] : inputs.nodes) node.unschedulable = true;
  EXPECT_EQ(found(inputs, served_group()), HandOvers{});
  inputs.nodes.at({"", "node-c"}).unschedulable = false;
  EXPECT_EQ(found(inputs, served_group()), (HandOvers{{"node-a", "node-b"}, {}}));
}

// No flapping: the successor's death is VRRP's affair, and whoever is to go does not come back for it.
TEST(HandOvers, WhoGaveUpDoesSoUntilTheSignalIsGone) {
  Inputs inputs = cordoned();
  auto group = handed_over();
  for (auto& entry : group.status.members) entry.programmed = false;
  EXPECT_EQ(found(inputs, group), (HandOvers{{"node-a"}, {}}));
  node_a(inputs).unschedulable = false;
  EXPECT_EQ(found(inputs, group), HandOvers{});
}

TEST(HandOvers, AnExcludedNodeGivesUpAndLeavesOnceItReportsThatItIsNotMaster) {
  EXPECT_EQ(found(excluded(), served_group()), (HandOvers{{"node-a"}, {}}));
  auto group = handed_over();
  EXPECT_EQ(found(excluded(), group), (HandOvers{{}, {"node-a"}}));
  group.status.members[0].observed_generation = 1;  // what it says is from before
  EXPECT_EQ(found(excluded(), group), (HandOvers{{"node-a"}, {}}));
}

TEST(HandOvers, AnExcludedNodeThatCannotReportLeavesOnceAnotherIsReady) {
  Inputs inputs = excluded();
  auto group = handed_over();
  group.status.members[0] = entry("node-a", api::MemberState::kMaster);
  node_a(inputs).ready = false;
  EXPECT_EQ(found(inputs, group), (HandOvers{{}, {"node-a"}}));
  group.status.members.resize(1);
  EXPECT_EQ(found(inputs, group), (HandOvers{{"node-a"}, {}}));
}

// Nobody displaces who took the role back where preemption is off, and to leave is to hand over.
TEST(HandOvers, AnExcludedNodeThatTookTheRoleBackLeavesIfNobodyWouldPreemptIt) {
  auto group = handed_over();
  group.status.members[0].state = api::MemberState::kMaster;
  EXPECT_EQ(found(excluded(), group), (HandOvers{{"node-a"}, {}}));
  group.spec.preempt = false;
  EXPECT_EQ(found(excluded(), group), (HandOvers{{}, {"node-a"}}));
}

TEST(HandOvers, ANodeOutOfServiceLeavesAtOnceIfAnotherIsReady) {
  for (const std::string key : {"node.kubernetes.io/out-of-service", "ToBeDeletedByClusterAutoscaler"}) {
    EXPECT_EQ(found(tainted(key), served_group()), (HandOvers{{}, {"node-a"}})) << key;
    auto group = served_group();
    group.status.members.resize(1);
    EXPECT_EQ(found(tainted(key), group), HandOvers{}) << key;
  }
}

// Nothing is lost by it: a dead node serves nobody, and its seat is somebody else's chance.
TEST(HandOvers, ANodeOutOfServiceThatIsNotReadyLeavesForWhoeverIsLeft) {
  Inputs inputs = tainted("node.kubernetes.io/out-of-service");
  node_a(inputs).ready = false;
  auto group = served_group();
  group.status.members.clear();
  EXPECT_EQ(found(inputs, group), (HandOvers{{}, {"node-a"}}));
  group.spec.members.resize(1);  // never the last
  EXPECT_EQ(found(inputs, group), HandOvers{});
}

TEST(HandOvers, TheStrongerSignalCounts) {
  Inputs inputs = tainted("node.kubernetes.io/out-of-service");
  node_a(inputs).unschedulable = true;
  node_a(inputs).meta.labels[kExclude] = "";
  EXPECT_EQ(found(inputs, served_group()), (HandOvers{{}, {"node-a"}}));
}

// Eight nodes cordoned, as in half a large cluster: somebody must come in before anybody can hand over.
TEST(HandOvers, OfAFullGroupThatAllAreToLeaveTheWeakestBackupMakesRoom) {
  const Demand demand{ip("192.0.2.100"), "", {}, true};
  Inputs inputs = cordoned();
  auto group = served_group();
  EXPECT_EQ(makes_room(inputs, group, demand), std::nullopt);
  for (auto& [key, node] : inputs.nodes) node.unschedulable = true;
  EXPECT_EQ(makes_room(inputs, group, demand), "node-c");
  std::swap(group.status.members[0].state, group.status.members[2].state);
  EXPECT_EQ(makes_room(inputs, group, demand), "node-b");
}

// externalTrafficPolicy: Local: as one that is not selected.
TEST(HandOvers, AMemberWithoutALocalEndpointGivesUpToOneWithAndThenLeaves) {
  Demand demand{ip("192.0.2.100"), "", {}, true};
  demand.local_nodes = {"node-b"};
  auto group = served_group();
  EXPECT_EQ(hand_overs(three_nodes(), group, &demand), (HandOvers{{"node-a", "node-c"}, {}}));
  group.status.members[1].programmed = false;  // node-b is not ready to take over
  EXPECT_EQ(hand_overs(three_nodes(), group, &demand), HandOvers{});
  EXPECT_EQ(hand_overs(three_nodes(), handed_over(), &demand), (HandOvers{{"node-c"}, {"node-a"}}));
  demand.local_nodes = {"node-z"};  // of nobody here: nobody leaves
  EXPECT_EQ(hand_overs(three_nodes(), served_group(), &demand), HandOvers{});
}

// While there is no endpoint anywhere; unless nobody else has it.
TEST(HandOvers, AMemberThatGaveUpWithItsLastEndpointTakesNothingBackBeforeThereIsOne) {
  Demand demand{ip("192.0.2.100"), "", {}, true};
  demand.local_nodes = Nodes{};
  EXPECT_EQ(hand_overs(three_nodes(), handed_over(), &demand), (HandOvers{{"node-a"}, {}}));
  EXPECT_EQ(hand_overs(three_nodes(), served_group(), &demand), HandOvers{});
  auto group = handed_over();
  group.spec.members = {group.spec.members[0]};
  EXPECT_EQ(hand_overs(three_nodes(), group, &demand), HandOvers{});
  demand.local_nodes = {"node-a", "node-b"};
  EXPECT_EQ(hand_overs(three_nodes(), handed_over(), &demand), (HandOvers{{"node-c"}, {}}));
}

TEST(HandOvers, SettingsTurnCordonAndLabelOff) {
  Inputs inputs = cordoned();
  inputs.settings.ignore_cordon = true;
  EXPECT_EQ(found(inputs, served_group()), HandOvers{});
  inputs = excluded();
  inputs.settings.ignore_exclude_label = true;
  EXPECT_EQ(found(inputs, served_group()), HandOvers{});
}

}  // namespace
}  // namespace fairlead::controller
