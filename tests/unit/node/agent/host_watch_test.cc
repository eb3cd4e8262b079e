#include "node/agent/host_watch.h"

#include <gtest/gtest.h>

namespace fairlead::agent {
namespace {

using kernel::NeededBy;

// FN-09; datapath.md 6: "alarm at 80 %". It neither comes and goes around that, nor before.
TEST(NearlyFull, FromFourFifthsUntilBelowSevenTenths) {
  EXPECT_FALSE(nearly_full(false, {79'999, 100'000}));
  EXPECT_TRUE(nearly_full(false, {80'000, 100'000}));
  EXPECT_TRUE(nearly_full(true, {70'000, 100'000}));
  EXPECT_FALSE(nearly_full(true, {69'999, 100'000}));
  EXPECT_TRUE(nearly_full(false, {200'000, 100'000}));  // the limit was lowered
}

TEST(NearlyFull, NeverWithoutALimit) {
  EXPECT_FALSE(nearly_full(false, {1'000'000, 0}));
  EXPECT_FALSE(nearly_full(true, {1'000'000, 0}));
}

const SysctlMismatch kForward{"net.ipv4.ip_forward", "1", "0"};
const SysctlMismatch kConntrack{"net.ipv4.vs.conntrack", "1", "0"};
const std::set<NeededBy> kAll{NeededBy::kForwarding};
using Times = std::map<std::string, int>;

TEST(AfterLook, WhatWasNeverRightWasNotTurnedBack) {
  TurnedBack seen = after_look({}, kAll, {kForward});
  seen = after_look(seen, kAll, {kForward});
  EXPECT_EQ(seen.times, Times{});
}

TEST(AfterLook, CountsEachTimeThatSomethingRightIsWrong) {
  TurnedBack seen = after_look({}, kAll, {});
  seen = after_look(seen, kAll, {kForward});
  EXPECT_EQ(seen.times, (Times{{kForward.name, 1}}));
  seen = after_look(seen, kAll, {kForward, kConntrack});
  EXPECT_EQ(seen.times, (Times{{kForward.name, 1}, {kConntrack.name, 1}}));
  seen = after_look(seen, kAll, {});
  seen = after_look(seen, kAll, {kForward});
  EXPECT_EQ(seen.times, (Times{{kForward.name, 2}, {kConntrack.name, 1}}));
}

TEST(AfterLook, WhatOtherNeedsBringIsNoTurningBack) {
  TurnedBack seen = after_look({}, {}, {});
  seen = after_look(seen, kAll, {kForward});
  EXPECT_EQ(seen.times, Times{});
}

}  // namespace
}  // namespace fairlead::agent
