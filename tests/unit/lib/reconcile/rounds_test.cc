#include "lib/reconcile/rounds.h"

#include <gtest/gtest.h>

// K-23, for work that is done on everything at once.
namespace fairlead::reconcile {
namespace {

const TimePoint t0{Seconds(1000)};

TEST(RoundsK23, WhatChangesWhileARoundRunsWaitsForOneMore) {
  Rounds rounds;
  rounds.add(t0);
  rounds.begin(t0);
  EXPECT_TRUE(rounds.running());
  EXPECT_EQ(rounds.waiting(), 0U);
  rounds.add(t0 + Seconds(1));
  EXPECT_EQ(rounds.waiting(), 1U) << "not of the round that runs";
  rounds.end(t0 + Seconds(2));
  EXPECT_FALSE(rounds.running());
  EXPECT_EQ(rounds.waiting(), 1U) << "its end takes up nothing";
  rounds.begin(t0 + Seconds(2));
  EXPECT_EQ(rounds.waiting(), 0U);
}

TEST(RoundsK23, WhatChangesManyTimesHasOneRound) {
  Rounds rounds;
  for (int i = 0; i < 5; ++i) rounds.add(t0);
  EXPECT_EQ(rounds.waiting(), 5U);
  rounds.begin(t0);
  rounds.end(t0);
  EXPECT_EQ(rounds.waiting(), 0U);
}

TEST(RoundsK23, AStreamOfChangesDoesNotPutTheTimerOff) {
  Rounds rounds;
  EXPECT_TRUE(rounds.want(t0 + Milliseconds(50)));
  EXPECT_FALSE(rounds.want(t0 + Milliseconds(60)));
  EXPECT_FALSE(rounds.want(t0 + Milliseconds(50)));
  rounds.timer_came();
  EXPECT_TRUE(rounds.want(t0 + Milliseconds(60)));
}

TEST(RoundsK24, AChangeDoesNotWaitForTheRetryOfAWriteThatFailed) {
  Rounds rounds;
  EXPECT_TRUE(rounds.want(t0 + Seconds(30)));
  EXPECT_TRUE(rounds.want(t0 + Milliseconds(50)));
  EXPECT_FALSE(rounds.want(t0 + Seconds(30)));
  rounds.timer_came();
  EXPECT_TRUE(rounds.want(t0 + Seconds(30))) << "wanted anew by the round that was sooner";
}

TEST(RoundsK23, AChangeDoesNotWaitForAllWritesOfARound) {
  Rounds rounds;
  rounds.add(t0);
  EXPECT_EQ(rounds.may_cut(t0, Milliseconds(50)), std::nullopt) << "none runs";
  rounds.begin(t0);
  EXPECT_EQ(rounds.may_cut(t0, Milliseconds(50)), std::nullopt) << "it has not been computed";
  rounds.computed(t0 + Milliseconds(700));
  EXPECT_EQ(rounds.may_cut(t0 + Milliseconds(750), Milliseconds(50)), t0 + Milliseconds(1400))
      << "written for as long as it was computed";
  EXPECT_EQ(rounds.may_cut(t0 + Seconds(30), Milliseconds(50)), t0 + Milliseconds(30050)) << "gathered";
  rounds.end(t0 + Seconds(31));
  EXPECT_EQ(rounds.may_cut(t0 + Seconds(31), Milliseconds(50)), std::nullopt);
}

TEST(RoundsK23, ARoundThatNothingChangedForRunsAllTheSame) {
  Rounds rounds;
  EXPECT_EQ(rounds.begin(t0), Microseconds(0));
  EXPECT_TRUE(rounds.running());
}

TEST(RoundsK23, TwoAtOnceAreABug) {
  Rounds rounds;
  rounds.begin(t0);
  EXPECT_DEATH(rounds.begin(t0), "running");
}

// K-42.
TEST(RoundsK42, TellHowLongTheOldestChangeWaitedAndHowLongARoundRan) {
  Rounds rounds;
  rounds.add(t0);
  rounds.add(t0 + Seconds(2));
  EXPECT_EQ(rounds.begin(t0 + Seconds(3)), Seconds(3));
  EXPECT_EQ(rounds.running_for(t0 + Seconds(4)), Seconds(1));
  EXPECT_EQ(rounds.end(t0 + Seconds(5)), Seconds(2));
  EXPECT_EQ(rounds.running_for(t0 + Seconds(6)), Seconds(0));
  rounds.add(t0 + Seconds(6));
  EXPECT_EQ(rounds.begin(t0 + Seconds(7)), Seconds(1)) << "of this one's changes alone";
}

}  // namespace
}  // namespace fairlead::reconcile
