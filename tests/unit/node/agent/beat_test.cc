#include "node/agent/beat.h"

#include <gtest/gtest.h>

// Liveness: whether a loop still moves (FN-32).
namespace fairlead::agent {
namespace {

class Beating : public testing::Test {
 protected:
  sys::Loop loop;  // never runs: no timer of it comes
};

TEST_F(Beating, ALoopThatHasNotMovedForFiveSecondsIsNotAlive) {
  const TimePoint before = sys::now();
  const Beat beat(loop, Microseconds(0));
  const TimePoint made = sys::now();
  EXPECT_TRUE(beat.alive_at(before + Seconds(5)));
  EXPECT_FALSE(beat.alive_at(made + Seconds(5) + Microseconds(1)));
}

// The forwarding thread waits for one child process for up to 10 s.
TEST_F(Beating, WhereAStepMayWaitTheLoopHasThatLonger) {
  const TimePoint before = sys::now();
  const Beat beat(loop, Seconds(10));
  const TimePoint made = sys::now();
  EXPECT_TRUE(beat.alive_at(before + Seconds(15)));
  EXPECT_FALSE(beat.alive_at(made + Seconds(15) + Microseconds(1)));
}

TEST_F(Beating, AStepThatIsDoneCounts) {
  Beat beat(loop, Microseconds(0));
  const TimePoint made = sys::now();
  while (sys::now() == made) {
  }
  beat.moved();
  EXPECT_TRUE(beat.alive_at(made + Seconds(5) + Microseconds(1)));
}

}  // namespace
}  // namespace fairlead::agent
