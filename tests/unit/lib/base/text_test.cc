#include "lib/base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace fairlead {
namespace {

using Strings = std::vector<std::string>;

TEST(Join, PutsTheSeparatorBetweenThePartsOnly) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
}

TEST(Split, GivesOnePieceMoreThanThereAreSeparators) {
  EXPECT_EQ(split("", ','), Strings{""});
  EXPECT_EQ(split("a,b", ','), (Strings{"a", "b"}));
  EXPECT_EQ(split(",a,,", ','), (Strings{"", "a", "", ""}));
}

TEST(Split, IsUndoneByJoin) {
  EXPECT_TRUE(rc::check([](const std::string& text) { RC_ASSERT(join(split(text, '-'), "-") == text); }));
}

TEST(Trim, TakesWhiteSpaceFromBothEndsOnly) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Printable, WritesWhatMovesATerminalInFigures) {
  EXPECT_EQ(printable("\x1b[31mred\n\x7f\a"), "\\x1b[31mred\\x0a\\x7f\\x07");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\u0080\u009b31m\u009f"), "\\x80\\x9b31m\\x9f");
}

TEST(Printable, LeavesEverythingElse) {
  for (const auto* text : {"", "gw.yaml", "a \\ b~", "\u00a0\u00fc\u6f22", "\xc2"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(ParseInteger, ReadsWholeDecimalTextsInRange) {
  long long value = 0;
  EXPECT_TRUE(parse_integer("42", 0, 100, value));
  EXPECT_EQ(value, 42);
  EXPECT_TRUE(parse_integer("-5", -5, 5, value));
  EXPECT_EQ(value, -5);
}

TEST(ParseInteger, LeavesTheOutputAloneOnAnythingElse) {
  for (const auto* text :
       {"", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0", "101", "-1", "99999999999999999999"}) {
    long long value = 7;
    EXPECT_FALSE(parse_integer(text, 0, 100, value)) << text;
    EXPECT_EQ(value, 7) << text;
  }
}

}  // namespace
}  // namespace fairlead
