#include "node/wire/read_allowance.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace fairlead::wire {
namespace {

const TimePoint t0{Seconds(1000)};

TEST(ReadAllowance, IsTwentyAndComesBackASecondLater) {
  ReadAllowance allowance;
  EXPECT_EQ(allowance.left(t0), 20U);
  allowance.note(20, t0);
  EXPECT_EQ(allowance.left(t0), 0U);
  EXPECT_EQ(allowance.left(t0 + Milliseconds(999)), 0U);
  EXPECT_EQ(allowance.left(t0 + Seconds(1)), 20U);
}

TEST(ReadAllowance, ComesBackOneByOneAsItWasUsed) {
  ReadAllowance allowance;
  allowance.note(1, t0);
  allowance.note(19, t0 + Milliseconds(600));
  EXPECT_EQ(allowance.left(t0 + Milliseconds(999)), 0U);
  EXPECT_EQ(allowance.left(t0 + Seconds(1)), 1U);
  EXPECT_EQ(allowance.left(t0 + Milliseconds(1600)), 20U);
}

// FN-20: in no second more than 20, whatever arrives when.
TEST(ReadAllowance, NoSecondSeesMoreThanTwenty) {
  EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::uint16_t, std::uint8_t>>& arrivals) {
    ReadAllowance allowance;
    std::vector<TimePoint> read;
    TimePoint now = t0;
    for (const auto& [wait_ms, count] : arrivals) {
      now += Milliseconds(wait_ms % 700);
      const auto taken = std::min<std::size_t>(allowance.left(now), count);
      allowance.note(taken, now);
      read.insert(read.end(), taken, now);
    }
    for (const TimePoint begin : read) {
      const auto within = std::count_if(
          read.begin(), read.end(), [begin](TimePoint at) { return at >= begin && at < begin + Seconds(1); });
      RC_ASSERT(within <= 20);
    }
  }));
}

}  // namespace
}  // namespace fairlead::wire
