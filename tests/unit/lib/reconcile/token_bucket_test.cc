#include "lib/reconcile/token_bucket.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

const TimePoint t0{Seconds(1000)};

// K-33: node 5/s, burst 10.
TEST(TokenBucket, LetsTheBurstThroughAtOnceThenOneEachFifthOfASecond) {
  TokenBucket bucket(5, 10);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(t0)) << i;
  EXPECT_FALSE(bucket.take(t0));
  EXPECT_EQ(bucket.ready_at(t0), t0 + Milliseconds(200));
  EXPECT_FALSE(bucket.take(t0 + Milliseconds(199)));
  EXPECT_TRUE(bucket.take(t0 + Milliseconds(200)));
  EXPECT_FALSE(bucket.take(t0 + Milliseconds(200)));
}

TEST(TokenBucket, RestFillsItToTheBurstAndNoFurther) {
  TokenBucket bucket(5, 10);
  for (int i = 0; i < 10; ++i) bucket.take(t0);
  const auto later = t0 + Seconds(3600);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.take(later)) << i;
  EXPECT_FALSE(bucket.take(later));
}

TEST(TokenBucket, WhatReadyAtNamesCanBeTakenThen) {
  TokenBucket bucket(3, 1);
  auto now = t0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(bucket.take(now)) << i;
    now = bucket.ready_at(now);
  }
  EXPECT_NEAR(static_cast<double>((now - t0).count()), 1000e6 / 3, 1000);
}

TEST(TokenBucket, AskedForATimeBeforeItsLastCountItNamesOneBehindIt) {
  TokenBucket bucket(1, 1);
  bucket.take(t0);
  EXPECT_EQ(bucket.ready_at(t0 - Seconds(10)), t0 + Seconds(1));
}

}  // namespace
}  // namespace fairlead::reconcile
