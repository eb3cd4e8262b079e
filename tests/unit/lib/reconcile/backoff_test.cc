#include "lib/reconcile/backoff.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

const TimePoint t0{Seconds(1000)};

// K-18.
TEST(Backoff, StartsAt800MillisecondsAndDoublesTo30Seconds) {
  Backoff backoff(kApiBackoff);
  auto now = t0;
  for (const int expected : {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
    const auto wait = backoff.after_failure(now, 0.0);
    EXPECT_EQ(wait, Milliseconds(expected));
    now += wait;
  }
}

// K-18.
TEST(Backoff, EachWaitIsStretchedAtRandomUpToTwofold) {
  Backoff backoff(kApiBackoff);
  EXPECT_EQ(backoff.after_failure(t0, 0.5), Milliseconds(1200));
  EXPECT_EQ(backoff.after_failure(t0, 0.999999), Microseconds(3'199'998));
}

// K-18.
TEST(Backoff, TwoHealthyMinutesBehindTheLastWaitResetIt) {
  Backoff backoff(kApiBackoff);
  backoff.after_failure(t0, 0.0);
  backoff.after_failure(t0, 0.0);  // retried at t0 + 1.6 s
  EXPECT_EQ(backoff.after_failure(t0 + Milliseconds(1600) + Seconds(120), 0.0), Milliseconds(800));
}

TEST(Backoff, OneMicrosecondLessThanTwoMinutesDoesNotResetIt) {
  Backoff backoff(kApiBackoff);
  backoff.after_failure(t0, 0.0);
  backoff.after_failure(t0, 0.0);
  const auto almost = t0 + Milliseconds(1600) + Seconds(120) - Microseconds(1);
  EXPECT_EQ(backoff.after_failure(almost, 0.0), Milliseconds(3200));
}

// K-40: a kind that is installed later is seen within 20 s.
TEST(Backoff, AMissingKindIsLookedForAtLeastEach20Seconds) {
  Backoff backoff(kMissingKindBackoff);
  auto now = t0;
  for (int i = 0; i < 20; ++i) {
    const auto wait = backoff.after_failure(now, 0.999999);
    EXPECT_LE(wait, Seconds(20));
    now += wait;
  }
}

}  // namespace
}  // namespace fairlead::reconcile
