#include "lib/reconcile/json_scan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace fairlead::reconcile {
namespace {

// What cut() leaves; nullopt: there was nothing to cut.
std::optional<std::string> without(std::string_view text, std::initializer_list<std::string_view> path) {
  std::string document(text);
  const bool done = cut(document, path);
  EXPECT_TRUE(done || document == text);
  return done ? std::optional(document) : std::nullopt;
}

TEST(JsonScan, FindsAMemberAtAnyDepthAndTakesTheFirstOfItsName) {
  const std::string object =
      R"( { "a" : [1,{"name":"no"}], "metadata":{"labels":{"name":"no"},"name":"web","name":"second"} } )";
  EXPECT_EQ(string_at(object, {"metadata", "name"}), "web");
  EXPECT_EQ(member(object, "a"), R"([1,{"name":"no"}])");
  EXPECT_EQ(member_at(object, {"metadata", "uid"}), std::nullopt);
  EXPECT_EQ(string_at(object, {"a"}), "");  // no string
}

TEST(JsonScan, BracesAndQuotesInsideStringsDoNotCount) {
  EXPECT_EQ(string_at(R"({"a":"}]\"{\\","b":"found"})", {"b"}), "found");
}

TEST(JsonScan, OfTextThatEndsEarlyAMemberIsWholeOrNotThere) {
  const std::string whole = R"({"a":{"x":["]",{}],"y\"":1},"b":{"c":{"d":"found\\"}},"e":12})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string_view early = std::string_view(whole).substr(0, size);
    const std::size_t end = whole.find(R"(}},"e")");
    const bool there = size >= end;
    EXPECT_EQ(string_at(early, {"b", "c", "d"}), there ? "found\\" : "") << early;
    EXPECT_EQ(member(early, "a").has_value(), size >= whole.find(R"(,"b")")) << early;
    EXPECT_EQ(without(early, {"b", "c", "d"}).has_value(), size > end) << early;
  }
}

TEST(JsonScan, ResolvesEscapes) {
  EXPECT_EQ(string_of(R"("\u0041\n\"\\\/\u00fc\u20ac\ud83d\ude00")"), "A\n\"\\/ü€😀");
  EXPECT_EQ(string_of(R"("\ud83d!")"), "\xEF\xBF\xBD!");
  EXPECT_EQ(string_of(R"("\u00zz")"), "\xEF\xBF\xBD");
}

TEST(JsonScan, ReadsIntegersAndGivesZeroForAnythingElse) {
  EXPECT_EQ(integer_at(R"({"code":410})", {"code"}), 410);
  EXPECT_EQ(integer_at(R"({"code":-7})", {"code"}), -7);
  EXPECT_EQ(integer_at(R"({"code":"410"})", {"code"}), 0);
  EXPECT_EQ(integer_at(R"({"code":99999999999999})", {"code"}), 0);
}

TEST(JsonScan, AMemberGoesWhereverItStandsAndNothingElse) {
  const std::string fields = R"("managedFields" : [ {"manager":"a","fieldsV1":{"f:managedFields":{}}} ])";
  for (const auto& [metadata, left] : std::vector<std::pair<std::string, std::string>>{
           {fields, ""},
           {fields + R"(, "name":"web")", R"( "name":"web")"},
           {R"("name":"web" , )" + fields, R"("name":"web" )"},
           {R"("name":"web",)" + fields + R"( ,"uid":"u")", R"("name":"web","uid":"u")"}}) {
    const auto object_of = [](const std::string& inside) {
      return R"({"kind":"A","metadata":{)" + inside + R"(},"spec":{"managedFields":[1]}})";
    };
    EXPECT_EQ(without(object_of(metadata), {"metadata", "managedFields"}), object_of(left));
  }
}

TEST(JsonScan, OfTextWithoutTheMemberNothingGoes) {
  for (const std::string text : {"", "{", "[]", R"({"metadata":7})", R"({"metadata":{"managedFields")",
                                 R"({"metadata":{"managedFields":[})", R"({"managedFields":[]})",
                                 R"({"metadata":{"name":"managedFields"}})"}) {
    EXPECT_EQ(without(text, {"metadata", "managedFields"}), std::nullopt);
  }
}

TEST(JsonScan, FindsNothingInTextThatIsNoObject) {
  for (const std::string text : {"", " ", "[]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\" 1}", "{a:1}",
                                 "nonsense", "{\"a\":}", "{\"a\":\"", "{\"a\":\"\\"}) {
    EXPECT_EQ(member(text, "b"), std::nullopt) << text;
    EXPECT_FALSE(for_each_member(text, [](auto, auto) { return true; })) << text;
  }
}

TEST(JsonScan, AThousandLevelsDeepIsNoMatter) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_EQ(string_at("{\"a\":" + deep + ",\"b\":\"found\"}", {"b"}), "found");
}

// Whatever bytes come, nothing is read outside of them (checked by the sanitizers), and the end is a
// position in the text or npos.
RC_GTEST_PROP(JsonScan, AnyBytesAreSafe, (const std::string& text)) {
  const auto end = end_of_value(text, 0);
  RC_ASSERT(end == std::string_view::npos || end <= text.size());
  member(text, "a");
  string_of(text);
}

RC_GTEST_PROP(JsonScan, ReadsTheStringThatAJsonLibraryWrites, (const std::string& raw)) {
  using nlohmann::json;
  const auto written = json{{"before", 1}, {"text", raw}}.dump(-1, ' ', true, json::error_handler_t::replace);
  RC_ASSERT(string_at(written, {"text"}) == json::parse(written).at("text").get<std::string>());
}

}  // namespace
}  // namespace fairlead::reconcile
