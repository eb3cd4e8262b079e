#include "lib/base/earlier.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

const TimePoint kSoon{Seconds(1)};
const TimePoint kLate{Seconds(2)};

TEST(Earlier, OfTwoDeadlinesIsTheOneThatComesFirst) {
  EXPECT_EQ(earlier(kSoon, kLate), kSoon);
  EXPECT_EQ(earlier(kLate, kSoon), kSoon);
  EXPECT_EQ(earlier(kSoon, kSoon), kSoon);
}

TEST(Earlier, NoDeadlineNeverComes) {
  EXPECT_EQ(earlier(std::nullopt, kLate), kLate);
  EXPECT_EQ(earlier(kLate, std::nullopt), kLate);
  EXPECT_EQ(earlier(std::nullopt, std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace fairlead
