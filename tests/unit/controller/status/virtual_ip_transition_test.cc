#include "controller/status/virtual_ip_status.h"

#include <gtest/gtest.h>

#include "unit/controller/status/scene.h"

// api.md, VirtualIP `status.lastTransition` and "Who is master".
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

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

// A node that hears nobody says MasterDown: of a new VirtualIP nothing was down, nor for any time.
TEST(VirtualIPStatus, TheFirstMasterOfANewOneIsNoMasterDown) {
  Scene scene;
  const api::LastTransition first{WallTime(Seconds(77)), "", "node-a", "FirstMaster", {}};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
  EXPECT_EQ(scene.status().last_transition, first);
  scene.object.status = scene.status();
  EXPECT_EQ(scene.status().last_transition, first);  // and stays so
  scene.object.status.last_transition->reason = "HeardByBackup";
  EXPECT_EQ(scene.status().last_transition, first);
  scene.object.status.last_transition->reason = "MasterDown";  // as it was told already
  EXPECT_EQ(scene.status().last_transition, scene.object.status.last_transition);
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

// Its entry did not count for a while (nobody was master by what could be seen) and counts again unchanged.
TEST(VirtualIPStatus, TheSameTransitionSeenAgainAfterATimeWithoutMasterIsTheSame) {
  Scene scene;
  scene.object.status.last_transition =
      api::LastTransition{WallTime(Seconds(77)), "node-b", "node-a", "MasterDown", 812};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
  EXPECT_EQ(scene.status().last_transition, scene.object.status.last_transition);
}

// The time is the node's, whenever the controller looks.
TEST(VirtualIPStatus, AControllerThatRestartsKeepsTheTransition) {
  Scene scene;
  scene.object.status.master = "node-a";
  scene.object.status.last_transition =
      api::LastTransition{WallTime(Seconds(77)), "node-b", "node-a", "MasterDown", 812};
  scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
  scene.group.status.master = "node-a";
  const auto before = scene.object.status.last_transition;
  const auto first_look = rule(std::nullopt, scene.group, {}, scene.inputs.now);
  const auto summary = summarize_group(scene.inputs, scene.group, OwnSpeakers(scene.inputs), first_look);
  EXPECT_EQ(virtual_ip_status(
                {&scene.object, &scene.decision, {{ip("192.0.2.100"), &scene.group, &summary}}, {}}, kNow)
                .last_transition,
            before);
  scene.group.status.members.erase(scene.group.status.members.begin());  // it lost the API: only heard
  scene.member(0).hears = "192.0.2.1";
  EXPECT_EQ(scene.status().last_transition, before);
}

}  // namespace
}  // namespace fairlead::controller
