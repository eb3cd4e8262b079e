#include "controller/plan/remember.h"

#include <gtest/gtest.h>

#include "controller/plan/eligible.h"
#include "controller/plan/patience.h"
#include "unit/controller/plan/with_web.h"

// api.md, "Who is a member": 10 minutes.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Remember, SinceWhenAnInterfaceIsMissingAndForgetsItWhenItIsBack) {
  Inputs inputs = with_web();
  put(inputs.node_reports, report("node-b", "eth0", "198.51.100.2/24"));
  inputs.memory = remember(inputs, desired(inputs));
  EXPECT_EQ(inputs.memory.interface_missing_since.size(), 1U);
  const TimePoint first = inputs.now;
  inputs.now += Seconds(60);
  inputs.memory = remember(inputs, desired(inputs));
  EXPECT_EQ(inputs.memory.interface_missing_since.at({"192-0-2-0-24-v4-1", "node-b"}), first);
  put(inputs.node_reports, report("node-b", "eth0", "192.0.2.2/24"));
  EXPECT_TRUE(remember(inputs, desired(inputs)).interface_missing_since.empty());
}

TEST(Remember, AnInterfaceIsMissingTooWhereAnotherThanThePoolsHasThePrefix) {
  Inputs inputs = with_web();
  put(inputs.node_reports, report("node-b", "eth1", "192.0.2.2/24"));
  EXPECT_TRUE(remember(inputs, desired(inputs)).interface_missing_since.empty());
  inputs.pools.at({"", "public"}).spec.interface = "eth0";
  EXPECT_EQ(remember(inputs, desired(inputs)).interface_missing_since.size(), 1U);
}

TEST(Remember, SinceWhenANodeIsReadyAgainUntilItsPodsHadTime) {
  Inputs inputs = with_web();
  inputs.memory = remember(inputs, desired(inputs));
  EXPECT_TRUE(inputs.memory.recovering.empty());  // nothing says that it was ever not
  EXPECT_EQ(next_end(inputs, inputs.memory), std::nullopt);
  inputs.nodes.at({"", "node-b"}).ready = false;
  inputs.memory = remember(inputs, desired(inputs));
  EXPECT_EQ(inputs.memory.recovering.at("node-b"), std::nullopt);
  EXPECT_EQ(next_end(inputs, inputs.memory), std::nullopt);
  inputs.now += Seconds(5);
  const TimePoint back = inputs.now;
  inputs.nodes.at({"", "node-b"}).ready = true;
  for (int i = 0; i < 3; ++i) {
    inputs.memory = remember(inputs, desired(inputs));
    EXPECT_EQ(inputs.memory.recovering.at("node-b"), back);
    EXPECT_EQ(next_end(inputs, inputs.memory), back + kReadyBeforeItsPods);
    inputs.now += Seconds(9);
  }
  inputs.now = back + kReadyBeforeItsPods;
  EXPECT_TRUE(remember(inputs, desired(inputs)).recovering.empty());
}

TEST(Remember, WhenItBegan) {
  Inputs inputs = with_web();
  inputs.memory.begun = inputs.now;
  inputs.memory = remember(inputs, desired(inputs));
  EXPECT_EQ(next_end(inputs, inputs.memory), inputs.now + kReadyBeforeItsPods);
  inputs.now += kReadyBeforeItsPods;
  EXPECT_EQ(next_end(inputs, inputs.memory), std::nullopt);
}

}  // namespace
}  // namespace fairlead::controller
