#include "controller/status/group_status.h"

#include <gtest/gtest.h>

#include "unit/controller/status/scene.h"

// api.md, VRRPGroup `status`.
namespace fairlead::controller {
namespace {

using namespace testing;

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
