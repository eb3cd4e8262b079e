#include "controller/status/virtual_ip_status.h"

#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "unit/controller/builders.h"

// api.md, VirtualIP `status` and "Who is master"; kubernetes.md 6, Conditions.
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

const WallTime kNow = WallTime(Seconds(5000)) + Milliseconds(700);

// A VirtualIP in one group, seen through the whole path from entries to status.
struct Scene {
  Inputs inputs = three_nodes();
  api::VirtualIP object = vip("web", "192.0.2.100");
  api::VRRPGroup group =
      testing::group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}});
  Decision decision;
  std::vector<api::RealServerSet> sets;
  GroupClaims claims = rule(std::nullopt, testing::group({}), {}, TimePoint{}).memory;

  Scene() {
    decision.ready_reals = 2;
    group.status.members = {entry("node-a", MemberState::kMaster), entry("node-b", MemberState::kBackup),
                            entry("node-c", MemberState::kBackup)};
  }
  api::MemberStatus& member(std::size_t i) { return group.status.members[i]; }
  GroupSummary summary() {
    return summarize_group(inputs, group,
                           rule(claims, group, nodes_by_sender(inputs.node_reports), inputs.now));
  }
  api::VirtualIPStatus status() {
    const GroupSummary summed = summary();
    Report report{&object, &decision, {{ip("192.0.2.100"), &group, &summed}}, {}};
    for (const auto& set : sets) report.sets.push_back(&set);
    return virtual_ip_status(report, kNow);
  }
  // The same with nothing held.
  api::VirtualIPStatus empty_handed() { return virtual_ip_status({&object, &decision, {}, {}}, kNow); }
};

std::string reason(const api::VirtualIPStatus& status, const std::string& type) {
  const auto* condition = find_condition(status.conditions, type);
  return condition == nullptr ? "" : condition->reason;
}
bool is(const api::VirtualIPStatus& status, const std::string& type, bool wanted) {
  const auto* condition = find_condition(status.conditions, type);
  return condition != nullptr && (condition->status == api::ConditionStatus::kTrue) == wanted;
}

TEST(VirtualIPStatus, ServedByAMasterItIsReadyAndEverythingIsFilled) {
  Scene scene;
  const auto out = scene.status();
  EXPECT_EQ(out.state, "Ready");
  EXPECT_EQ(out.master, "node-a");
  EXPECT_EQ(out.address, "192.0.2.100");
  EXPECT_EQ(out.groups, (std::vector<std::string>{"g"}));
  EXPECT_EQ(out.observed_generation, 1);
  for (const std::string type : {"Accepted", "Allocated", "Programmed", "Ready"})
    EXPECT_TRUE(is(out, type, true));
  EXPECT_TRUE(is(out, "Degraded", false));
}

TEST(VirtualIPStatus, ConditionsCarryGenerationAndWholeSeconds) {
  Scene scene;
  scene.object.meta.generation = 4;
  for (const auto& condition : scene.status().conditions) {
    EXPECT_EQ(condition.observed_generation, 4);
    EXPECT_EQ(condition.last_transition_time, WallTime(Seconds(5000)));
  }
}

TEST(VirtualIPStatus, TheTimeOfAConditionMovesOnlyWithItsStatus) {
  Scene scene;
  scene.object.status = scene.status();
  scene.object.status.conditions[3].last_transition_time = WallTime(Seconds(1));
  scene.object.status.conditions[3].message = "changed since";
  EXPECT_EQ(scene.status().conditions[3].last_transition_time, WallTime(Seconds(1)));
}

TEST(VirtualIPStatus, SaidOnceItIsSaidTheSameAgain) {
  Scene scene;
  scene.object.status = scene.status();
  scene.group.status.master = "node-a";
  EXPECT_EQ(scene.status(), scene.object.status);
}

TEST(VirtualIPStatus, RealsAreWhatTheMasterReports) {
  Scene scene;
  api::RealServerSet set;
  set.members = {{"node-a", 2, 3, 1}, {"node-b", 0, 3, 1}};
  scene.sets = {set};
  EXPECT_EQ(scene.status().reals, "2/3");
  scene.sets.front().members.erase(scene.sets.front().members.begin());
  scene.object.status.reals = "1/3";
  EXPECT_EQ(scene.status().reals, "1/3");  // the last truth stays until the new master has counted
}

TEST(VirtualIPStatus, DelegateHasNoReals) {
  Scene scene;
  scene.decision.forwards = false;
  scene.decision.ready_reals = 0;
  const auto out = scene.status();
  EXPECT_EQ(out.reals, "");
  EXPECT_EQ(out.state, "Ready");
}

TEST(VirtualIPStatus, WithoutRealServersReadyIsFalse) {
  Scene scene;
  scene.decision.ready_reals = 0;
  const auto out = scene.status();
  EXPECT_TRUE(is(out, "Ready", false));
  EXPECT_EQ(reason(out, "Ready"), "NoEndpoints");
  EXPECT_EQ(out.state, "Degraded");
}

TEST(VirtualIPStatus, APendingOneWaitsForNodes) {
  Scene scene;
  scene.group.status.members.clear();
  const auto out = scene.status();
  EXPECT_EQ(out.state, "Pending");
  EXPECT_EQ(reason(out, "Programmed"), "WaitingForNodes");
  EXPECT_TRUE(is(out, "Allocated", true));
}

TEST(VirtualIPStatus, SomeMembersOfTheGenerationIsPartiallyProgrammed) {
  Scene scene;
  scene.group.meta.generation = 2;
  scene.member(0).observed_generation = 2;
  const auto out = scene.status();
  EXPECT_TRUE(is(out, "Programmed", false));
  EXPECT_EQ(reason(out, "Programmed"), "PartiallyProgrammed");
}

TEST(VirtualIPStatus, AMemberWhoseNodeIsNotReadyIsNotWaitedFor) {
  Scene scene;
  scene.inputs.nodes.at({"", "node-c"}).ready = false;
  scene.member(2).programmed = false;
  EXPECT_TRUE(is(scene.status(), "Programmed", true));
}

TEST(VirtualIPStatus, ServedOnceAndNowByNobodyIsNoMaster) {
  Scene scene;
  for (auto& member : scene.group.status.members) member.state = MemberState::kInitialize;
  scene.group.status.state = "Ready";
  const auto out = scene.status();
  EXPECT_EQ(out.state, "NoMaster");
  EXPECT_EQ(out.master, "");
  EXPECT_EQ(reason(out, "Ready"), "NoMaster");
}

TEST(VirtualIPStatus, ASplitIsSaidOnStateAndCondition) {
  Scene scene;
  scene.claims = rule(scene.claims, scene.group, {}, scene.inputs.now).memory;
  scene.member(1).state = MemberState::kMaster;
  scene.claims = rule(scene.claims, scene.group, {}, scene.inputs.now).memory;
  scene.member(0).confirmed = 1;
  const auto out = scene.status();
  EXPECT_EQ(out.state, "Split");
  EXPECT_EQ(reason(out, "Degraded"), "SplitOwnership");
}

TEST(VirtualIPStatus, TransitionTellsFromToReasonAndOutage) {
  Scene scene;
  scene.object.status.master = "node-b";
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
  EXPECT_EQ(scene.status().last_transition,
            (api::LastTransition{WallTime(Seconds(77)), "node-b", "node-a", "MasterDown", 812}));
}

TEST(VirtualIPStatus, TheFirstMasterComesFromNobody) {
  Scene scene;
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "Startup", {}};
  EXPECT_EQ(scene.status().last_transition,
            (api::LastTransition{WallTime(Seconds(77)), "", "node-a", "Startup", {}}));
}

TEST(VirtualIPStatus, FromIsRememberedThroughATimeWithoutMaster) {
  Scene scene;
  scene.object.status.last_transition =
      api::LastTransition{WallTime(Seconds(1)), "node-a", "node-b", "x", {}};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 9};
  EXPECT_EQ(scene.status().last_transition->from, "node-b");
}

TEST(VirtualIPStatus, AQuietMasterChangesNothing) {
  Scene scene;
  scene.object.status.master = "node-a";
  scene.object.status.last_transition =
      api::LastTransition{WallTime(Seconds(77)), "node-b", "node-a", "MasterDown", 812};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
  EXPECT_EQ(scene.status().last_transition, scene.object.status.last_transition);
}

TEST(VirtualIPStatus, AMasterOnlyHeardGetsATransitionOfItsOwn) {
  Scene scene;
  scene.group.status.members = {entry("node-b", MemberState::kBackup)};
  scene.member(0).hears = "192.0.2.1";
  const auto out = scene.status();
  EXPECT_EQ(out.master, "node-a");
  EXPECT_EQ(out.last_transition->reason, "HeardByBackup");
  scene.object.status = out;
  EXPECT_EQ(scene.status().last_transition, out.last_transition);
}

// The Backups' word of a new master often comes before the master's own.
TEST(VirtualIPStatus, TheMastersOwnWordAfterTheBackupsIsTheSameTransition) {
  Scene scene;
  scene.object.status.master = "node-a";
  scene.object.status.last_transition =
      api::LastTransition{WallTime(Seconds(70)), "node-b", "node-a", "HeardByBackup", {}};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
  EXPECT_EQ(scene.status().last_transition,
            (api::LastTransition{WallTime(Seconds(77)), "node-b", "node-a", "MasterDown", 812}));
}

TEST(VirtualIPStatus, ARestartOfTheSameMasterIsATransitionFromItself) {
  Scene scene;
  scene.object.status.master = "node-a";
  scene.object.status.last_transition =
      api::LastTransition{WallTime(Seconds(70)), "node-b", "node-a", "MasterDown", 812};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(99)), "MasterDown", {}};
  EXPECT_EQ(scene.status().last_transition->from, "node-a");
}

TEST(VirtualIPStatus, RefusedAndEmptyHandedItIsRejected) {
  Scene scene;
  scene.decision.not_accepted = Refusal{Reason::kOutsidePool, "no"};
  const auto out = scene.empty_handed();
  EXPECT_EQ(out.state, "Rejected");
  EXPECT_EQ(reason(out, "Accepted"), "OutsidePool");
  EXPECT_EQ(reason(out, "Ready"), "OutsidePool");
  EXPECT_EQ(reason(out, "Allocated"), "");
}

TEST(VirtualIPStatus, AnAddressInUseIsSaidUnderAllocated) {
  Scene scene;
  scene.decision.not_allocated = Refusal{Reason::kAddressInUse, "held by VirtualIP shop/other"};
  const auto out = scene.empty_handed();
  EXPECT_EQ(out.state, "Pending");
  EXPECT_TRUE(is(out, "Accepted", true));
  EXPECT_TRUE(is(out, "Allocated", false));
  EXPECT_EQ(reason(out, "Allocated"), "AddressInUse");
}

TEST(VirtualIPStatus, WithoutEligibleNodeItIsSaidUnderProgrammed) {
  Scene scene;
  scene.decision.not_placed = Refusal{Reason::kNoEligibleNode, "no node"};
  const auto out = scene.empty_handed();
  EXPECT_EQ(out.state, "Pending");
  EXPECT_EQ(reason(out, "Programmed"), "NoEligibleNode");
}

TEST(VirtualIPStatus, OnAnErrorTheLastTruthStaysPlusACondition) {
  Scene scene;
  scene.decision.not_accepted = Refusal{Reason::kInvalidSpec, "no"};
  const auto out = scene.status();
  EXPECT_EQ(out.state, "Degraded");
  EXPECT_EQ(out.address, "192.0.2.100");
  EXPECT_EQ(out.master, "node-a");
  EXPECT_TRUE(is(out, "Accepted", false));
}

TEST(VirtualIPStatus, APoolThatIsGoneDegrades) {
  Scene scene;
  scene.decision.pool_removed = true;
  EXPECT_EQ(reason(scene.status(), "Degraded"), "PoolRemoved");
}

TEST(VirtualIPStatus, AForeignRouterWithOurVridDegradesAndIsNamed) {
  Scene scene;
  scene.inputs.node_reports.at({"", "node-b"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 1, ip("192.0.2.9")});
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Degraded"), "VRIDInUse");
  EXPECT_NE(find_condition(out.conditions, "Degraded")->message.find("192.0.2.9"), std::string::npos);
}

TEST(VirtualIPStatus, AnotherVridOfAForeignRouterDoesNotMatter) {
  Scene scene;
  scene.inputs.node_reports.at({"", "node-b"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 2, ip("192.0.2.9")});
  EXPECT_TRUE(is(scene.status(), "Degraded", false));
}

TEST(VirtualIPStatus, WhatAMemberReportsAsAProblemDegrades) {
  Scene scene;
  api::Condition problem;
  problem.type = "InterfaceMissing";
  problem.message = "eth0 is gone";
  scene.member(1).problems = {problem};
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Degraded"), "InterfaceMissing");
  EXPECT_EQ(find_condition(out.conditions, "Degraded")->message, "node-b: eth0 is gone");
  EXPECT_EQ(out.state, "Degraded");
}

// What the node's plan says of the group reaches the VirtualIP under its own name.
TEST(VirtualIPStatus, NamesWhatKeepsAMemberFromSpeakingAsAGroupShould) {
  for (const std::string type : {"UnicastPeerMissing", "PasswordMissing", "PasswordTooLong", "VRIDInUse"}) {
    Scene scene;
    scene.member(2).problems = {{type, api::ConditionStatus::kTrue, type, "spec.x: y", 0, WallTime{}}};
    const auto out = scene.status();
    EXPECT_EQ(reason(out, "Degraded"), type);
    EXPECT_EQ(find_condition(out.conditions, "Degraded")->message, "node-c: spec.x: y");
    EXPECT_EQ(out.state, "Degraded");
  }
}

// api.md, VRRPGroup: foreignPeers are no strangers.
TEST(VirtualIPStatus, AForeignPeerOfTheGroupMayBeItsMaster) {
  Scene scene;
  scene.group.spec.foreign_peers = {{ip("192.0.2.9"), 255}};
  scene.member(0).state = MemberState::kBackup;
  for (int i = 0; i < 3; ++i) scene.member(static_cast<std::size_t>(i)).hears = "192.0.2.9";
  scene.inputs.node_reports.at({"", "node-b"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 1, ip("192.0.2.9")});
  const auto out = scene.status();
  EXPECT_EQ(out.master, "");
  EXPECT_TRUE(is(out, "Degraded", false));
  EXPECT_EQ(find_condition(out.conditions, "Ready")->message, "the master is 192.0.2.9, a foreign peer");
  EXPECT_EQ(out.state, "Ready");
  scene.group.spec.foreign_peers.clear();
  EXPECT_EQ(reason(scene.status(), "Degraded"), "VRIDInUse");
}

// One address serves, the other found no node.
TEST(VirtualIPStatus, HalfPlacedItIsDegraded) {
  Scene scene;
  scene.decision.not_placed = Refusal{Reason::kNoEligibleNode, "no node can hold 2001:db8::1"};
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Programmed"), "NoEligibleNode");
  EXPECT_TRUE(is(out, "Ready", true));
  EXPECT_EQ(out.state, "Degraded");
}

TEST(VirtualIPStatus, AnUnsupportedSchedulerIsSaidUnderProgrammed) {
  Scene scene;
  api::Condition problem;
  problem.type = "UnsupportedScheduler";
  scene.member(1).problems = {problem};
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Programmed"), "UnsupportedScheduler");
  EXPECT_EQ(out.state, "Ready");
}

// api.md: information, it changes no state and raises no alert.
TEST(GroupStatus, FenceOverlapIsAConditionOfItsOwnAndChangesNoState) {
  Scene scene;
  api::Condition problem;
  problem.type = "FenceOverlap";
  problem.message = "1.3 s";
  scene.member(0).problems = {problem};
  const auto out = group_status(scene.group, scene.summary(), kNow);
  EXPECT_EQ(out.state, "Ready");
  ASSERT_NE(find_condition(out.conditions, "FenceOverlap"), nullptr);
  EXPECT_EQ(find_condition(out.conditions, "FenceOverlap")->message, "1.3 s");
  EXPECT_EQ(find_condition(out.conditions, "Degraded")->status, api::ConditionStatus::kFalse);
}

TEST(GroupStatus, NamesMasterAndStateAndLeavesMembersAlone) {
  Scene scene;
  const auto out = group_status(scene.group, scene.summary(), kNow);
  EXPECT_EQ(out.master, "node-a");
  EXPECT_TRUE(out.members.empty());
}

TEST(GroupStatus, AMasterWhoseNodeIsNotReadyIsStaleAndStillNamed) {
  Scene scene;
  scene.inputs.nodes.at({"", "node-a"}).ready = false;
  const auto out = group_status(scene.group, scene.summary(), kNow);
  EXPECT_EQ(out.master, "node-a");
  EXPECT_EQ(find_condition(out.conditions, "Degraded")->reason, "StaleStatus");
}

}  // namespace
}  // namespace fairlead::controller
