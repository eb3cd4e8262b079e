#include "controller/plan/remember.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace fairlead::controller
