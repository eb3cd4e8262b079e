#include "node/agent/virtual_router_wait.h"

#include <gtest/gtest.h>

// How soon another member can take over, who may have an earlier plan than we.
namespace fairlead::agent {
namespace {

constexpr TimePoint kNow{Seconds(1000)};

plan::GroupPlan plan_of(int centiseconds, Milliseconds wait, vrrp::Version version = vrrp::Version::k3) {
  plan::GroupPlan out;
  out.vrrp_version = version;
  out.advertise_interval = vrrp::Centiseconds(centiseconds);
  out.min_active_down_interval = wait;
  return out;
}
const plan::GroupPlan kStrong = plan_of(100, Milliseconds(3000));
const plan::GroupPlan kMiddle = plan_of(100, Milliseconds(3300));
const plan::GroupPlan kWeak = plan_of(100, Milliseconds(3800));

TEST(ShortestWait, IsThePlansWhereNothingChanged) {
  const ShortestWait wait;
  EXPECT_EQ(wait.after(kWeak, Seconds(1)), Milliseconds(3800));
  EXPECT_EQ(wait.after(kWeak, Milliseconds(500)), Milliseconds(1900));
  EXPECT_EQ(wait.after(plan_of(100, Milliseconds(3500), vrrp::Version::k2), Seconds(2)), Milliseconds(6500));
  EXPECT_EQ(wait.until(), std::nullopt);
}

TEST(ShortestWait, IsTheShorterOneOfThePlanBeforeForAMinute) {
  ShortestWait wait;
  wait.change(kStrong, kWeak, kNow);
  EXPECT_EQ(wait.until(), kNow + Seconds(60));
  wait.forget_old(kNow + Seconds(60) - Microseconds(1));
  EXPECT_EQ(wait.after(kWeak, Seconds(1)), Milliseconds(3000));
  EXPECT_EQ(wait.after(kWeak, Milliseconds(500)), Milliseconds(1500));
  wait.forget_old(kNow + Seconds(60));
  EXPECT_EQ(wait.after(kWeak, Seconds(1)), Milliseconds(3800));
  EXPECT_EQ(wait.until(), std::nullopt);
}

TEST(ShortestWait, AStrongerRivalCountsAtOnce) {
  ShortestWait wait;
  wait.change(kWeak, kStrong, kNow);
  EXPECT_EQ(wait.after(kStrong, Seconds(1)), Milliseconds(3000));
  EXPECT_EQ(wait.until(), std::nullopt);
}

TEST(ShortestWait, OfSeveralPlansTheShortestCounts) {
  ShortestWait wait;
  wait.change(kStrong, kMiddle, kNow);
  wait.change(kMiddle, kWeak, kNow + Seconds(30));
  EXPECT_EQ(wait.after(kWeak, Seconds(1)), Milliseconds(3000));
  EXPECT_EQ(wait.until(), kNow + Seconds(90));
}

// As one that lists another address.
TEST(ShortestWait, APlanThatChangesNothingOfItProlongsNothing) {
  ShortestWait wait;
  wait.change(kStrong, kWeak, kNow);
  wait.change(kWeak, kWeak, kNow + Seconds(30));
  EXPECT_EQ(wait.after(kWeak, Seconds(1)), Milliseconds(3000));
  EXPECT_EQ(wait.until(), kNow + Seconds(60));
}

// A member waits by the interval that he hears, so another one alone makes nobody stronger.
TEST(ShortestWait, AnotherIntervalAloneIsNothingToBeCarefulOf) {
  ShortestWait wait;
  wait.change(plan_of(25, Milliseconds(950)), kWeak, kNow);
  EXPECT_EQ(wait.until(), std::nullopt);
  wait.change(plan_of(25, Milliseconds(750)), kWeak, kNow);
  EXPECT_EQ(wait.after(kWeak, Seconds(1)), Milliseconds(3000));
}

}  // namespace
}  // namespace fairlead::agent
