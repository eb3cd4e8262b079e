#include "lib/base/utf8.h"

#include <gtest/gtest.h>

#include <vector>

namespace fairlead {
namespace {

TEST(Utf8, IsWhatRfc3629Says) {
  for (const std::string text : {"", "plain ASCII of more than eight bytes", "\xC3\xBC", "\xE2\x82\xAC",
                                 "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF", "12345678\xC3\xBC"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(valid_utf8(text), text);
  }
}

TEST(Utf8, OverlongFormsSurrogatesAndCutSequencesAreNone) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"\xFF", "\xEF\xBF\xBD"},
      {"a\x80z", "a\xEF\xBF\xBDz"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"12345678\xE2\x82", "12345678\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const auto& [text, mended] : table) {
    EXPECT_FALSE(is_utf8(text)) << mended;
    EXPECT_EQ(valid_utf8(text), mended);
  }
}

}  // namespace
}  // namespace fairlead
