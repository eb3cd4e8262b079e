#include "node/kernel/tick_clock.h"

#include <gtest/gtest.h>

// Stamps of ifa_cacheinfo against times(2), for each number of ticks a second that kernels are built with.
namespace fairlead::kernel {
namespace {

// What times(2) returns so many hundredths after the first tick (times(2), NOTES: 2^32 ticks minus 300 s).
std::uint64_t ticks(std::int64_t per_second, std::uint64_t hundredths) {
  return static_cast<std::uint64_t>((std::int64_t{1} << 32) * 100 / per_second) - 30000 + hundredths;
}

TEST(TickClock, TellsTheAgeOfAStampRoundedUp) {
  for (const std::int64_t per_second : {100, 250, 300, 1000}) {
    const auto age = age_of_stamp(521'000, ticks(per_second, 521'035), Milliseconds(5'210'490));
    EXPECT_EQ(age, Milliseconds(360)) << per_second;
  }
}

// As measured: the first tick comes 0.14 s after the start of the monotonic clock.
TEST(TickClock, AStampOfNowIsNotOlderThanTwoHundredths) {
  EXPECT_EQ(age_of_stamp(521'152, 1'718'478'070, Milliseconds(5'211'659)), Milliseconds(10));
}

TEST(TickClock, StampsWrapAfter497Days) {
  const std::uint64_t now = (std::uint64_t{1} << 32) + 20;
  EXPECT_EQ(age_of_stamp(0xfffffff6U, ticks(1000, now), Milliseconds(10 * static_cast<std::int64_t>(now))),
            Milliseconds(310));
}

TEST(TickClock, AKernelThatTicksOtherwiseIsNotGuessedAt) {
  EXPECT_EQ(age_of_stamp(521'000, ticks(1234, 521'035), Milliseconds(5'210'490)), std::nullopt);
}

}  // namespace
}  // namespace fairlead::kernel
