#include "node/agent/notices.h"

#include <gtest/gtest.h>

namespace fairlead::agent {
namespace {

using api::EventType;
using api::MemberState;
using Told = std::vector<std::string>;

GroupReport group(MemberState state, int transition, const std::string& reason) {
  GroupReport out;
  out.uid = "uid-g";
  out.state = state;
  out.since = WallTime(Seconds(transition));
  if (transition > 0) out.last_transition = api::MemberTransition{out.since, reason, std::nullopt};
  return out;
}
GroupReport with_problem(GroupReport report, const std::string& type, const std::string& message) {
  report.problems.push_back({type, api::ConditionStatus::kTrue, "Heard", message, 0, {}});
  return report;
}
VrrpReport report(const GroupReport& group) {
  VrrpReport out;
  out.groups["g"] = group;
  return out;
}

// "Warning VRIDInUse node-a: ...".
Told told(const VrrpReport& before, const VrrpReport& now) {
  Told out;
  for (const auto& notice : notices("node-a", before, now)) {
    out.push_back((notice.type == EventType::kWarning ? "Warning " : "Normal ") + notice.reason + " " +
                  notice.note);
  }
  return out;
}
Told told(const GroupReport& before, const GroupReport& now) { return told(report(before), report(now)); }

const GroupReport kStarted = group(MemberState::kInitialize, 0, "");
const GroupReport kBackup = group(MemberState::kBackup, 1, "Startup");
const GroupReport kMaster = group(MemberState::kMaster, 2, "MasterDown");

TEST(NodeNotices, SpeakOfTheVRRPGroup) {
  const auto out = notices("node-a", report(kBackup), report(kMaster));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].regarding, (api::EventSubject{"fairlead.dev/v1alpha1", "VRRPGroup", "g", "", "uid-g"}));
  EXPECT_NE(out[0].action, "");
}

// A group of a file is no object of the API server.
TEST(NodeNotices, OfAGroupThatStandsInAFileNothingIsTold) {
  auto of_file = kMaster;
  of_file.uid = plan::kManifestUid;
  EXPECT_EQ(told(VrrpReport{}, report(of_file)), Told());
}

TEST(NodeNotices, AMasterIsToldWithItsReason) {
  EXPECT_EQ(told(kBackup, kMaster), Told{"Normal BecameMaster node-a: MasterDown"});
  EXPECT_EQ(told(VrrpReport{}, report(kMaster)), Told{"Normal BecameMaster node-a: MasterDown"});
}

TEST(NodeNotices, ABackupIsToldIfItWasMaster) {
  EXPECT_EQ(told(kMaster, group(MemberState::kBackup, 3, "HigherPriorityHeard")),
            Told{"Normal BecameBackup node-a: HigherPriorityHeard"});
  EXPECT_EQ(told(kStarted, kBackup), Told());
  EXPECT_EQ(told(VrrpReport{}, report(kBackup)), Told());
}

TEST(NodeNotices, NothingIsToldTwice) {
  EXPECT_EQ(told(kMaster, kMaster), Told());
  auto later = with_problem(kMaster, "VRIDInUse", "192.0.2.8");
  later.programmed = true;
  EXPECT_EQ(told(later, later), Told());
}

// Reports are merged on their way: what was lost and won again between two of them is one Event.
TEST(NodeNotices, AMasterThatWasBackupMeanwhileIsToldAgain) {
  EXPECT_EQ(told(kMaster, group(MemberState::kMaster, 9, "Preempted")),
            Told{"Normal BecameMaster node-a: Preempted"});
}

TEST(NodeNotices, AProblemIsAWarningOfItsNameWhenItAppears) {
  const std::vector<std::string> types{
      "VRIDInUse",     "AddressRemovedByOther", "DADFailed",   "SecondOwner",     "AdvertMismatch",
      "PriorityZero",  "AddressOrderDiffers",   "LinkDown",    "AddressesDiffer", "IntervalMismatch",
      "DuplicateNode", "DuplicateAddress",      "AddressInUse"};
  for (const auto& type : types) {
    EXPECT_EQ(told(kBackup, with_problem(kBackup, type, "so it is")),
              Told{"Warning " + type + " node-a: so it is"});
  }
}

TEST(NodeNotices, AProblemWhoseMessageChangesIsNotTold) {
  EXPECT_EQ(told(with_problem(kBackup, "DADFailed", "one"), with_problem(kBackup, "DADFailed", "two")),
            Told());
}

TEST(NodeNotices, AProblemThatGoesIsNotToldAndOneThatComesBackIs) {
  const auto bad = with_problem(kBackup, "DADFailed", "one");
  EXPECT_EQ(told(bad, kBackup), Told());
  EXPECT_EQ(told(kBackup, bad).size(), 1U);
}

// api.md: FenceOverlap is information and raises no alert; LinkUpDelay is over in a moment.
TEST(NodeNotices, WhatNeedsNobodyIsNotTold) {
  EXPECT_EQ(told(kBackup, with_problem(kBackup, "FenceOverlap", "0.2 s")), Told());
  EXPECT_EQ(told(kBackup, with_problem(kBackup, "LinkUpDelay", "just came up")), Told());
}

// kubernetes.md 6, Events: on the VRRPGroup, whoever of the node finds it.
TEST(PlanNotices, TellOfAGroupThatIsRefusedOrSetAsideOnceItIsShown) {
  PlanView view;
  view.problems = {{"VRRPGroup", {"", "g"}, plan::Refusal::kInvalidSpec, {"spec.x", "must be y"}},
                   {"VRRPGroup", {"", "other"}, plan::Refusal::kInvalidSpec, {"spec.x", "must be y"}},
                   {"RealServerSet", {"shop", "g"}, plan::Refusal::kInvalidSpec, {"spec.z", "wrong"}}};
  view.refused = {{"VRRPGroup", {"", "g"}, plan::Ruling::kRefuseOlder, 1}};
  api::VRRPGroup shown;
  shown.meta.name = "g";
  shown.meta.uid = "uid-g";
  EXPECT_EQ(told(VrrpReport{}, plan_report(view, {})), Told());
  const auto report = plan_report(view, {{{"", "g"}, shown}});
  const Told all = told(VrrpReport{}, report);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], "Warning InvalidSpec node-a: spec.x: must be y");
  EXPECT_TRUE(all[1].starts_with("Warning GenerationWentBack node-a: ")) << all[1];
  EXPECT_EQ(told(report, report), Told());
  EXPECT_EQ(told(report, plan_report(PlanView{}, {{{"", "g"}, shown}})), Told());
}

TEST(NodeNotices, AnotherObjectOfTheNameIsAnother) {
  auto other = kMaster;
  other.uid = "uid-new";
  EXPECT_EQ(told(kMaster, other), Told{"Normal BecameMaster node-a: MasterDown"});
}

}  // namespace
}  // namespace fairlead::agent
