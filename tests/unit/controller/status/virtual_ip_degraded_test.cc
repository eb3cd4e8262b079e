#include "controller/status/virtual_ip_status.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controller/status/notices.h"
#include "unit/controller/status/scene.h"

// api.md, VirtualIP condition Degraded: what it is said for, under which name.
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

TEST(VirtualIPStatus, APoolThatIsGoneDegrades) {
  Scene scene;
  scene.decision.pool_removed = "192.0.2.100 is in no accepted AddressPool";
  EXPECT_EQ(reason(scene.status(), "Degraded"), "PoolRemoved");
}

TEST(VirtualIPStatus, AForeignWriterOfItsServicesStatusDegradesAndIsNamed) {
  Scene scene;
  scene.decision.foreign_writers = "somebody";
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Degraded"), "ForeignStatusWriter");
  EXPECT_NE(find_condition(out.conditions, "Degraded")->message.find("by somebody,"), std::string::npos);
  EXPECT_EQ(out.state, "Degraded");
  const auto notices = virtual_ip_notices(scene.object, out);
  EXPECT_TRUE(std::any_of(notices.begin(), notices.end(),
                          [](const auto& notice) { return notice.reason == "ForeignStatusWriter"; }));
}

TEST(VirtualIPStatus, AForeignRouterWithOurVridDegradesAndIsNamed) {
  Scene scene;
  scene.inputs.node_reports.at({"", "node-b"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 1, ip("192.0.2.9")});
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Degraded"), "VRIDInUse");
  EXPECT_NE(find_condition(out.conditions, "Degraded")->message.find("192.0.2.9"), std::string::npos);
}

// Whoever becomes a member has heard the others before: a node tells of ten minutes.
TEST(VirtualIPStatus, AMemberThatAnotherHasHeardIsNoForeignRouter) {
  Scene scene;
  put(scene.inputs.groups, scene.group);
  scene.inputs.node_reports.at({"", "node-b"})
      .spec.heard_virtual_routers.push_back({"eth0", net::Family::kIPv4, 1, ip("192.0.2.1")});
  EXPECT_TRUE(is(scene.status(), "Degraded", false));
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

// One condition has one reason: the worst is first, and the message has the others.
TEST(VirtualIPStatus, NothingThatDegradesItHidesAnother) {
  Scene scene;
  scene.decision.pool_removed = "192.0.2.100 is in no accepted AddressPool";
  scene.decision.foreign_writers = "somebody";
  scene.member(1).problems = {{"DuplicateNode", api::ConditionStatus::kTrue, "x", "two of it", 0, {}}};
  const auto out = scene.status();
  EXPECT_EQ(reason(out, "Degraded"), "DuplicateNode");
  const auto& message = find_condition(out.conditions, "Degraded")->message;
  EXPECT_TRUE(
      message.starts_with("node-b: two of it; also ForeignStatusWriter: the Service's status is written by "
                          "somebody"))
      << message;
  EXPECT_NE(message.find("; also PoolRemoved: 192.0.2.100 is in no accepted AddressPool; "),
            std::string::npos);
}

// kubernetes.md 6: an Event for each, once, whatever comes and goes beside it.
TEST(VirtualIPStatus, WhatIsToldOfOneThingThatDegradesItIsNotToldAgainWithAnother) {
  Scene scene;
  scene.decision.pool_removed = "gone";
  const auto told = [&] {
    const auto next = scene.status();
    std::vector<std::string> out;
    for (const auto& notice : virtual_ip_notices(scene.object, next)) out.push_back(notice.reason);
    scene.object.status = next;
    return out;
  };
  using Told = std::vector<std::string>;
  EXPECT_EQ(told(), (Told{"IPAllocated", "PoolRemoved"}));
  scene.member(1).problems = {{"DADFailed", api::ConditionStatus::kTrue, "x", "y", 0, {}}};
  EXPECT_EQ(told(), Told{});
  scene.decision.foreign_writers = "somebody";
  EXPECT_EQ(told(), Told{"ForeignStatusWriter"});
  scene.member(1).problems.clear();
  EXPECT_EQ(told(), Told{});
  scene.decision.foreign_writers = "somebody, else";
  EXPECT_EQ(told(), Told{"ForeignStatusWriter"});
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

}  // namespace
}  // namespace fairlead::controller
