// What the decoders build on: which text is a document, what it says, and how a problem's place is called.
#include "lib/api/json_view.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace fairlead::api {
namespace {

// The document as it is printed, or what is wrong with it.
std::string read_back(std::string_view text) {
  std::vector<Problem> problems;
  const JsonDocument document(text, problems);
  const std::string shown = document.root().show();
  return problems.empty() ? shown : to_string(problems);
}

std::string shown(const std::string& value) { return read_back(R"({"a":)" + value + "}"); }

TEST(JsonDocument, ShowsValuesAsTheyWereWritten) {
  const std::pair<std::string, std::string> values[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"1.0", "1.0"},
      {"1e3", "1000.0"},
      {"1E-3", "0.001"},
      {"1e15", "1e+15"},
      {"4.9e-324", "5e-324"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "9223372036854775808"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "1.8446744073709552e+19"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"[null,true,false]", "[null,true,false]"},
      {R"("\u00e4\/\b\"")", R"("\u00e4/\b\"")"},
      {R"("\ud83d\ude00")", R"("\ud83d\ude00")"},
      {"\"\xf0\x9f\x98\x80\"", R"("\ud83d\ude00")"},
      {R"("\\ud800")", R"("\\ud800")"},
      {R"("\u0000b")", R"("\u0000b")"},
  };
  for (const auto& [value, text] : values) EXPECT_EQ(shown(value), R"({"a":)" + text + "}");
}

// As the API server has it, too.
TEST(JsonDocument, OfMembersOfOneNameTheLastCountsAndTheOrderIsThatOfTheNames) {
  EXPECT_EQ(read_back(R"({"b":1,"a":2,"b":3,"c":{"z":1,"y":0,"z":{"y":2,"y":null}},"a":[{"x":1,"x":2}]})"),
            R"({"a":[{"x":2}],"b":3,"c":{"y":0,"z":{"y":null}}})");
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "\"" + std::to_string(i % 9) + "\":" + std::to_string(i) + ",";
  EXPECT_EQ(read_back(many + R"("9":9})"),
            R"({"0":999,"1":991,"2":992,"3":993,"4":994,"5":995,"6":996,"7":997,"8":998,"9":9})");
  std::vector<Problem> problems;
  const JsonDocument document(R"({"a":1,"b":2,"a":null})", problems);
  EXPECT_FALSE(document.root().at("a").present());
}

TEST(JsonDocument, IsRefusedIfItIsNoJson) {
  for (const std::string value : {"01",
                                  "+1",
                                  ".5",
                                  "5.",
                                  "1e",
                                  "-",
                                  "1e400",
                                  "-1e400",
                                  "1.7976931348623159e308",
                                  "48623159e308",
                                  "NaN",
                                  "Infinity",
                                  "tru",
                                  "[1,]",
                                  "'a'",
                                  R"("\x")",
                                  R"("\u12")",
                                  R"("\ud800")",
                                  R"("\udc00")",
                                  R"("\uDFFFa")",
                                  "\"\xed\xa0\x80\"",
                                  "\"\xc0\x80\"",
                                  "\"\xf4\x90\x80\x80\"",
                                  "\"\xff\"",
                                  "\"\x01\"",
                                  "\"\n\"",
                                  "1,",
                                  "1 2",
                                  "/**/1",
                                  "1}{"}) {
    EXPECT_EQ(shown(value).substr(0, 14), "must be JSON: ") << value;
  }
  EXPECT_EQ(read_back("\xef\xbb{}").substr(0, 14), "must be JSON: ");
  EXPECT_EQ(read_back("\xef\xbb\xbf{ }\r\n"), "{}") << "a byte order mark";
}

TEST(JsonDocument, IsRefusedIfItNestsTooDeepOrIsTooLong) {
  const std::string deepest = std::string(99, '[') + std::string(99, ']');
  EXPECT_EQ(shown(deepest).substr(0, 6), R"({"a":[)");
  EXPECT_EQ(shown("[" + deepest + "]"), "must nest at most 100 levels deep");
  const std::string longest(3 * 1024 * 1024 - 8, 'x');
  EXPECT_EQ(shown("\"" + longest + "\"").substr(0, 8), R"({"a":"xx)");
  EXPECT_EQ(shown("\"" + longest + "x\""), "must be at most 3 MB, got 3145729 bytes");
}

TEST(JsonView, NamesThePlaceOfAProblemHoweverItWasReached) {
  std::vector<Problem> problems;
  std::vector<Problem> others;
  const JsonDocument document(R"({"spec":{"list":[{"a":1},null,{"b.c":{"k":[7]}}]}})", problems);
  const auto items = document.root().at("spec").at("list").items(9);
  ASSERT_EQ(items.size(), 2U);
  items[0].at("gone").at("further").require();
  const JsonView kept = items[1].at("b.c").fields().front().second.items(1).front();
  kept.problem("is odd");
  kept.with(&others).at("x").problem("is odder");
  document.root().problem("is one");
  EXPECT_EQ(to_string(problems),
            "spec.list[1]: must not be null; spec.list[0].gone.further: required; "
            "spec.list[2].b.c[k][0]: is odd; is one");
  EXPECT_EQ(to_string(others), "spec.list[2].b.c[k][0].x: is odder");
  EXPECT_EQ(kept.path(), "spec.list[2].b.c[k][0]");
}

TEST(JsonView, ReadsWholeNumbersOnly) {
  std::vector<Problem> problems;
  const JsonDocument document(
      R"({"low":-9223372036854775808,"whole":1.0,"power":1e3,"big":9223372036854775808,"huge":1e300,"text":"1"})",
      problems);
  std::int64_t value = 7;
  EXPECT_TRUE(document.root().at("low").integer(INT64_MIN, INT64_MAX, value));
  EXPECT_EQ(value, INT64_MIN);
  for (const char* name : {"whole", "power", "big", "huge", "text"}) {
    EXPECT_FALSE(document.root().at(name).integer(0, INT64_MAX, value));
  }
  EXPECT_EQ(value, INT64_MIN);
  EXPECT_EQ(to_string(problems),
            "whole: must be a whole number in digits, 0..9223372036854775807, got 1.0; "
            "power: must be a whole number in digits, 0..9223372036854775807, got 1000.0; "
            "big: must be 0..9223372036854775807, got 9223372036854775808; "
            "huge: must be a whole number in digits, 0..9223372036854775807, got 1e+300; "
            "text: must be a whole number, got a string");
}

TEST(JsonDocument, BuiltInHereIsReadLikeAnyAndItsPathGoesBefore) {
  std::vector<Problem> problems;
  const nlohmann::json object{{"a", {{"b", "\xff"}}}, {"n", 5}};
  const JsonDocument document(object, "spec", problems);
  bool unread = false;
  document.root().at("a").at("b").read(unread);
  document.root().at("c").require();
  EXPECT_EQ(to_string(problems), "spec.a.b: must be a boolean, got a string; spec.c: required");
}

TEST(JsonDocument, RefusesWhatNobodyHasAskedFor) {
  std::vector<Problem> problems;
  const JsonDocument document(
      R"({"spec":{"z":1,"a":[{"b":1,"c":2}],"free":{"x":1}},"more":1,"metadata":{"y":1}})",
      UnknownFields::kRefused, problems);
  const JsonView spec = document.root().at("spec");
  for (const auto& item : spec.at("a").items(3)) item.at("b");
  spec.at("free");
  document.root().at("metadata");
  document.refuse_unknown();
  EXPECT_EQ(to_string(problems),
            "more: is no field of this kind; spec.a[0].c: is no field of this kind; "
            "spec.z: is no field of this kind");
}

}  // namespace
}  // namespace fairlead::api
