#include "controller/status/virtual_ip_status.h"

#include <gtest/gtest.h>

#include "unit/controller/status/scene.h"

// api.md, VirtualIP `status`; kubernetes.md 6, Conditions. What degrades it: virtual_ip_degraded_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

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

// The group had a master before it had this address.
TEST(VirtualIPStatus, BeforeItsMasterHasReportedItNobodyServesIt) {
  Scene scene;
  scene.group.meta.generation = 2;
  auto out = scene.status();
  EXPECT_EQ(out.state, "Pending");
  EXPECT_TRUE(is(out, "Ready", false));
  EXPECT_EQ(reason(out, "Ready"), "WaitingForNodes");
  scene.object.status = out;
  EXPECT_EQ(scene.status().state, "Pending");
  scene.member(1).observed_generation = 2;
  EXPECT_EQ(scene.status().state, "Pending") << "the master is another";
  scene.member(0).observed_generation = 2;
  out = scene.status();
  EXPECT_TRUE(is(out, "Ready", true));
  EXPECT_EQ(out.state, "Ready");
}

TEST(VirtualIPStatus, OnceServedItStaysSoWhileItsMasterIsBehindForOthers) {
  Scene scene;
  scene.object.status = scene.status();
  scene.group.meta.generation = 2;
  EXPECT_EQ(scene.status().state, "Ready");
  scene.object.status.addresses = {"192.0.2.101"};
  EXPECT_EQ(scene.status().state, "Pending") << "it had another";
}

TEST(VirtualIPStatus, RefusedItIsReadyOnlyIfServersAreUp) {
  Scene scene;
  scene.decision.not_accepted = Refusal{Reason::kOutsidePool, "192.0.2.100 is in no pool"};
  scene.decision.ready_reals = 0;
  EXPECT_TRUE(is(scene.status(), "Ready", true)) << "what is behind it nobody has counted";
  api::RealServerSet set;
  set.spec.group = "g";
  set.members = {{"node-a", 0, 0, 1}};
  scene.sets = {set};
  EXPECT_EQ(reason(scene.status(), "Ready"), "NoEndpoints");
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
  set.spec.group = "g";
  set.members = {{"node-a", 2, 3, 1}, {"node-b", 0, 3, 1}};
  scene.sets = {set};
  EXPECT_EQ(scene.status().reals, "2/3");
  scene.sets.front().members.erase(scene.sets.front().members.begin());
  scene.object.status.reals = "1/3";
  EXPECT_EQ(scene.status().reals, "1/3");  // the last truth stays until the new master has counted
}

// A member may write what it likes into its own entries (manifests/policies/node.yaml): what it says is
// summed up, and no more comes of it.
TEST(VirtualIPStatus, HoweverManyReals) {
  Scene scene;
  api::RealServerSet set;
  set.spec.group = "g";
  set.members = {{"node-a", INT32_MAX, INT32_MAX, 1}};
  scene.sets = {set, set, set};
  EXPECT_EQ(scene.status().reals, "6442450941/6442450941");
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

TEST(VirtualIPStatus, AnUnsupportedSchedulerIsSaidUnderProgrammed) {
  Scene scene;
  api::Condition problem;
  problem.type = "UnsupportedScheduler";
  scene.member(1).problems = {problem};
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Programmed"), "UnsupportedScheduler");
  EXPECT_EQ(out.state, "Ready");
}

}  // namespace
}  // namespace fairlead::controller
