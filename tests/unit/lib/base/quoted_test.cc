#include "lib/base/quoted.h"

#include <gtest/gtest.h>

#include <string>

namespace fairlead {
namespace {

TEST(EndOfQuoted, IsBehindTheFirstQuoteThatNoBackslashEscapes) {
  for (std::size_t backslashes = 0; backslashes < 8; ++backslashes) {
    const std::string string = "\"a" + std::string(backslashes, '\\') + "\"";
    const bool ends = backslashes % 2 == 0;
    EXPECT_EQ(end_of_quoted("x" + string, 1), ends ? string.size() + 1 : std::string::npos) << string;
    EXPECT_EQ(end_of_quoted(string + "b\",\"c\"", 0), string.size() + (ends ? 0 : 2)) << string;
  }
}

TEST(EndOfQuoted, OfTheEmptyStringIsBehindIt) {
  EXPECT_EQ(end_of_quoted("\"\"", 0), 2U);
  EXPECT_EQ(end_of_quoted("\"\"\"", 1), 3U);
}

TEST(EndOfQuoted, IsNowhereWhereItDoesNotEnd) {
  EXPECT_EQ(end_of_quoted("\"", 0), std::string::npos);
  EXPECT_EQ(end_of_quoted("\"abc", 0), std::string::npos);
  EXPECT_EQ(end_of_quoted("\"\\", 0), std::string::npos);
}

}  // namespace
}  // namespace fairlead
