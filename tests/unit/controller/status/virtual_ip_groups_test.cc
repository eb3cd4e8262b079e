#include <gtest/gtest.h>

#include "controller/status/notices.h"
#include "unit/controller/status/scene.h"

// A VirtualIP that is in more than one group, or in a group with others: what of that is its own.
namespace fairlead::controller {
namespace {

using namespace testing;
using api::MemberState;

// Both addresses of one VirtualIP, in a group each: 192.0.2.100 on node-a, 2001:db8::100 on node-b.
struct TwoFamilies {
  Scene scene;
  api::VRRPGroup v6 = testing::group({"g6", 2, {}, {{"node-a", 200}, {"node-b", 150}}});
  GroupSummary first;
  GroupSummary second;

  TwoFamilies() {
    scene.object.status.master = "node-a";
    scene.object.status.last_transition =
        api::LastTransition{WallTime(Seconds(77)), "node-c", "node-a", "MasterDown", 812};
    scene.member(0).last_transition = api::MemberTransition{WallTime(Seconds(77)), "MasterDown", 812};
    v6.status.members = {entry("node-a", MemberState::kBackup), entry("node-b", MemberState::kMaster)};
    v6.status.members[1].last_transition = api::MemberTransition{WallTime(Seconds(90)), "Startup", {}};
  }
  api::VirtualIPStatus status() {
    first = scene.summary();
    second = summarize_group(scene.inputs, v6, OwnSpeakers(scene.inputs),
                             rule(std::nullopt, v6, {}, scene.inputs.now));
    Report report{&scene.object,
                  &scene.decision,
                  {{ip("192.0.2.100"), &scene.group, &first}, {ip("2001:db8::100"), &v6, &second}},
                  {}};
    for (const auto& set : scene.sets) report.sets.push_back(&set);
    return virtual_ip_status(report, kNow);
  }
};

// status.address is the first address; MASTER stands beside it.
TEST(VirtualIPInTwoGroups, MasterAndTransitionAreThoseOfTheFirstAddressWhateverIsWrongWithTheOther) {
  TwoFamilies both;
  EXPECT_EQ(both.status().master, "node-a");
  both.v6.status.members[0].problems = {{"DADFailed", api::ConditionStatus::kTrue, "x", "y", 0, {}}};
  const auto out = both.status();
  EXPECT_EQ(out.master, "node-a");
  EXPECT_EQ(out.last_transition, both.scene.object.status.last_transition);
  EXPECT_EQ(out.state, "Degraded");
  for (const auto& notice : virtual_ip_notices(both.scene.object, out))
    EXPECT_NE(notice.reason, "MasterChanged") << notice.note;
}

TEST(VirtualIPInTwoGroups, OneThatNobodyServesIsNamed) {
  TwoFamilies both;
  both.v6.status.members[1].state = MemberState::kInitialize;
  both.v6.status.state = "Ready";
  const auto out = both.status();
  EXPECT_EQ(out.state, "NoMaster");
  EXPECT_EQ(out.master, "node-a");
  EXPECT_EQ(reason(out, "Ready"), "NoMaster");
  EXPECT_EQ(find_condition(out.conditions, "Ready")->message,
            "no node is Master of 2001:db8::100 (VRRPGroup g6)");
}

TEST(VirtualIPInTwoGroups, EachGroupsMasterCountsTheRealServersOfItsAddress) {
  TwoFamilies both;
  api::RealServerSet v4;
  v4.spec.group = "g";
  v4.members = {{"node-a", 2, 3, 1}, {"node-b", 0, 3, 1}};
  api::RealServerSet v6 = v4;
  v6.spec.group = "g6";
  v6.members = {{"node-a", 0, 4, 1}, {"node-b", 4, 4, 1}};
  both.scene.sets = {v4, v6};
  EXPECT_EQ(both.status().reals, "6/7");
}

// Another VirtualIP joins the group: the group has a new generation, and this one is as it was.
TEST(VirtualIPInAGroup, StaysProgrammedWhileOnlyOthersComeAndGo) {
  Scene scene;
  scene.object.status = scene.status();
  scene.group.meta.generation = 2;
  EXPECT_TRUE(is(scene.status(), "Programmed", true));
  EXPECT_EQ(group_status(scene.group, scene.summary(), kNow).conditions[1].reason, "WaitingForNodes");
  scene.member(0).observed_generation = 2;
  EXPECT_TRUE(is(scene.status(), "Programmed", true));
}

TEST(VirtualIPInAGroup, IsNotProgrammedWhereAMemberOfItIsNewOrCannot) {
  Scene scene;
  scene.object.status = scene.status();
  scene.group.meta.generation = 2;
  scene.member(1).programmed = false;
  EXPECT_EQ(reason(scene.status(), "Programmed"), "WaitingForNodes");
  scene.group.status.members.erase(scene.group.status.members.begin() + 1);
  EXPECT_TRUE(is(scene.status(), "Programmed", false));
}

TEST(VirtualIPInAGroup, IsNotProgrammedAnewBeforeItsOwnChangeIs) {
  Scene scene;
  scene.object.status = scene.status();
  scene.group.meta.generation = 2;
  scene.object.status.addresses = {"192.0.2.99"};
  EXPECT_TRUE(is(scene.status(), "Programmed", false));
  scene.object.status.addresses = {"192.0.2.100"};
  scene.object.meta.generation = 2;
  EXPECT_TRUE(is(scene.status(), "Programmed", false));
}

TEST(GroupStatus, NamesTheMembersItWaitsFor) {
  Scene scene;
  scene.group.meta.generation = 2;
  scene.member(0).observed_generation = 2;
  const auto out = group_status(scene.group, scene.summary(), kNow);
  EXPECT_EQ(out.conditions[1].reason, "PartiallyProgrammed");
  EXPECT_EQ(out.conditions[1].message, "not carried out yet by node-b, node-c");
}

}  // namespace
}  // namespace fairlead::controller
