#include "lib/sys/random_hex.h"

#include <gtest/gtest.h>

namespace fairlead::sys {
namespace {

TEST(RandomHex, HasTwoDigitsForEachByteAndIsAnotherEachTime) {
  const auto first = random_hex(16);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos) << first;
  EXPECT_NE(first, random_hex(16));
}

}  // namespace
}  // namespace fairlead::sys
