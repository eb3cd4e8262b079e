#include "node/address/link_history.h"

#include <gtest/gtest.h>

// FN-05: since when a link is up without a break.
namespace fairlead::address {
namespace {

const TimePoint t0{Seconds(1000)};
constexpr Seconds kDelay{30};

Interfaces with(bool up, std::uint32_t carrier_changes) {
  Interface eth0;
  eth0.index = 2;
  eth0.name = "eth0";
  eth0.up = up;
  eth0.carrier_changes = carrier_changes;
  return {{2, eth0}};
}

TEST(LinkHistory, WhatIsUpAtTheFirstLookIsBelieved) {
  LinkHistory history;
  history.observe(with(true, 3), t0);
  EXPECT_EQ(history.believed_from(2, kDelay), std::nullopt);
}

TEST(LinkHistory, WhatComesUpIsBelievedAfterTheDelayHoweverOftenItIsLookedAt) {
  LinkHistory history;
  history.observe(with(false, 2), t0);
  history.observe(with(true, 3), t0 + Seconds(5));
  history.observe(with(true, 3), t0 + Seconds(8));
  EXPECT_EQ(history.believed_from(2, kDelay), t0 + Seconds(5) + kDelay);
}

TEST(LinkHistory, AFlapBeginsItAnew) {
  LinkHistory history;
  history.observe(with(true, 1), t0);
  history.observe(with(false, 2), t0 + Seconds(1));
  history.observe(with(true, 3), t0 + Seconds(2));
  history.observe(with(false, 4), t0 + Seconds(9));
  history.observe(with(true, 5), t0 + Seconds(10));
  EXPECT_EQ(history.believed_from(2, kDelay), t0 + Seconds(10) + kDelay);
}

// Down and up again between two looks.
TEST(LinkHistory, AFlapTooShortToBeSeenIsKnownByTheKernelsCount) {
  LinkHistory history;
  history.observe(with(true, 1), t0);
  history.observe(with(true, 3), t0 + Seconds(4));
  EXPECT_EQ(history.believed_from(2, kDelay), t0 + Seconds(4) + kDelay);
}

TEST(LinkHistory, AnInterfaceMadeLaterCameUpThen) {
  LinkHistory history;
  history.observe({}, t0);
  history.observe(with(true, 1), t0 + Seconds(6));
  EXPECT_EQ(history.believed_from(2, kDelay), t0 + Seconds(6) + kDelay);
}

TEST(LinkHistory, OfALinkThatIsDownOrGoneThereIsNothingToWaitFor) {
  LinkHistory history;
  history.observe(with(true, 1), t0);
  history.observe(with(false, 2), t0 + Seconds(1));
  EXPECT_EQ(history.believed_from(2, kDelay), std::nullopt);
  history.observe({}, t0 + Seconds(2));
  EXPECT_EQ(history.believed_from(2, kDelay), std::nullopt);
}

}  // namespace
}  // namespace fairlead::address
