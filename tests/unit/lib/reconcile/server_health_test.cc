#include "lib/reconcile/server_health.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

using Is = ServerHealth::Is;

const TimePoint t0{Seconds(1000)};

TEST(ServerHealthK36, IsUnknownBeforeAnythingCameBackAndThenWell) {
  ServerHealth health;
  EXPECT_EQ(health.now(), Is::kUnknown);
  health.answered(false, false, t0);
  EXPECT_EQ(health.now(), Is::kWell);
}

TEST(ServerHealthK36, AnAnswerOverAConnectionThatWasThereBeforeDoesNotUnsayThatNoneCanBeMade) {
  for (const bool denied : {true, false}) {
    ServerHealth health;
    health.answered(true, false, t0);
    health.failed(denied, t0 + Seconds(1));
    for (int second = 2; second < 60; ++second) {
      health.answered(false, false, t0 + Seconds(second));
      EXPECT_EQ(health.now(), denied ? Is::kDenied : Is::kUnreachable);
      EXPECT_TRUE(health.cut_off()) << "so it does not keep us from the next server (K-39)";
    }
    health.answered(true, false, t0 + Seconds(60));
    EXPECT_EQ(health.now(), Is::kWell);
    EXPECT_FALSE(health.cut_off());
  }
}

TEST(ServerHealthK36, WhatFailedTwoMinutesAgoAndNotSinceIsOverWithAnyAnswer) {
  ServerHealth health;
  health.failed(true, t0);
  health.failed(true, t0 + Seconds(30));
  health.answered(false, false, t0 + Seconds(150) - Microseconds(1));
  EXPECT_EQ(health.now(), Is::kDenied);
  health.answered(false, false, t0 + Seconds(150));
  EXPECT_EQ(health.now(), Is::kWell);
}

// A server may keep the connection of a request that it refuses.
TEST(ServerHealthK35, ARefusedTokenIsOverWithTheFirstAnswerThatTakesIt) {
  ServerHealth health;
  health.answered(true, true, t0);
  EXPECT_EQ(health.now(), Is::kDenied);
  health.answered(false, false, t0 + Seconds(1));
  EXPECT_EQ(health.now(), Is::kWell);
}

TEST(ServerHealthK35, ATokenThatIsTakenDoesNotUnsayThatNoConnectionCanBeMade) {
  ServerHealth health;
  health.failed(false, t0);
  health.answered(false, true, t0 + Seconds(1));
  EXPECT_EQ(health.now(), Is::kDenied);
  health.answered(false, false, t0 + Seconds(2));
  EXPECT_EQ(health.now(), Is::kUnreachable);
}

TEST(ServerHealthK39, TheNewestFailureSaysWhatIsWrong) {
  ServerHealth health;
  health.failed(false, t0);
  health.failed(true, t0 + Seconds(1));
  EXPECT_EQ(health.now(), Is::kDenied);
  health.failed(false, t0 + Seconds(2));
  EXPECT_EQ(health.now(), Is::kUnreachable);
}

}  // namespace
}  // namespace fairlead::reconcile
