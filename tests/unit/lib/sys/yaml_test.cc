#include "lib/sys/yaml.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/sys/yaml_scalar.h"

namespace fairlead::sys {
namespace {

std::string json_of(const std::string& yaml) {
  const auto result = yaml_to_json(yaml);
  if (!result) return "error: " + result.error().message;
  if (result->size() != 1) return std::to_string(result->size()) + " documents";
  EXPECT_TRUE(nlohmann::json::accept(result->front())) << result->front();
  return result->front();
}

// YAML 1.2.2, 10.3.2 (core schema).
TEST(PlainScalar, IsWhatTheCoreSchemaSays) {
  const std::vector<std::pair<std::string, std::optional<std::string>>> table{
      {"", "null"},
      {"~", "null"},
      {"null", "null"},
      {"NULL", "null"},
      {"true", "true"},
      {"False", "false"},
      {"yes", std::nullopt},
      {"on", std::nullopt},
      {"0", "0"},
      {"-7", "-7"},
      {"+7", "7"},
      {"007", "7"},
      {"-0", "-0"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"0xZ", std::nullopt},
      {"0x", std::nullopt},
      {"1.50", "1.50"},
      {".5", "0.5"},
      {"5.", "5"},
      {"1e3", "1e3"},
      {"1E+03", "1e03"},
      {"-1.5e-3", "-1.5e-3"},
      {"1e", std::nullopt},
      {".", std::nullopt},
      {"-", std::nullopt},
      {".inf", std::nullopt},
      {".nan", std::nullopt},
      {"1.2.3", std::nullopt},
      {"1_000", std::nullopt},
      {"12:30", std::nullopt},
      {"192.0.2.1", std::nullopt},
      {"0xFFFFFFFFFFFFFFFFF", std::nullopt},
      {"v1", std::nullopt},
      {"nullx", std::nullopt},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(plain_scalar_to_json(text), expected) << text;
}

TEST(Yaml, MapsSequencesAndScalarsBecomeJson) {
  EXPECT_EQ(json_of("a: 1\nb: [x, true, ~]\nc:\n  d: 'quoted'\n  e:\n"),
            R"({"a":1,"b":["x",true,null],"c":{"d":"quoted","e":null}})");
}

TEST(Yaml, QuotedScalarsStayStrings) {
  EXPECT_EQ(json_of("a: \"1\"\nb: 'true'\nc: '~'\nd: ''\n"), R"({"a":"1","b":"true","c":"~","d":""})");
}

TEST(Yaml, BlockTextKeepsItsLineFeedsAndIsEscaped) {
  EXPECT_EQ(json_of("a: |\n  one \"1\"\n  two\\\n"), R"({"a":"one \"1\"\ntwo\\\n"})");
}

TEST(Yaml, CoreTagsDecideAndForeignOnesAreRefused) {
  EXPECT_EQ(json_of("a: !!str 1\nb: !!int 2\n"), R"({"a":"1","b":2})");
  EXPECT_EQ(json_of("a: !!binary aGk=\n"),
            "error: line 1, column 4: tag tag:yaml.org,2002:binary is not understood here");
  EXPECT_EQ(json_of("a: !mine x\n"), "error: line 1, column 4: tag !mine is not understood here");
  EXPECT_EQ(json_of("a: !!int x\n"),
            "error: line 1, column 4: tag tag:yaml.org,2002:int is not understood here");
}

TEST(Yaml, EveryDocumentGivesOneTextAndEmptyOnesNone) {
  const auto result = yaml_to_json("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, (std::vector<std::string>{R"({"a":1})", R"({"b":2})"}));
  const auto empty = yaml_to_json("");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
}

TEST(Yaml, ReadsAKubeconfig) {
  const auto text = json_of(
      "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: https://[::1]:6443\n"
      "    insecure-skip-tls-verify: false\nusers:\n- name: u\n  user: {token: 0123}\ncurrent-context: x\n");
  const auto read = nlohmann::json::parse(text);
  EXPECT_EQ(read["clusters"][0]["cluster"]["server"], "https://[::1]:6443");
  EXPECT_EQ(read["clusters"][0]["cluster"]["insecure-skip-tls-verify"], false);
  EXPECT_EQ(read["current-context"], "x");
}

TEST(Yaml, JsonIsYamlToo) { EXPECT_EQ(json_of(R"({"a": [1, "2", null]})"), R"({"a":[1,"2",null]})"); }

TEST(Yaml, AnchorsAreExpanded) {
  EXPECT_EQ(json_of("a: &x {k: 1}\nb: *x\n"), R"({"a":{"k":1},"b":{"k":1}})");
}

TEST(Yaml, RefusesWithLineAndColumn) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"a: 1\nb: 2\na: 3\n", "line 3, column 1: the key a stands twice"},
      {"x:\n  ? [a]\n  : 1\n", "line 2, column 5: a key must be a string"},
      {"a: [1\n", "line 2, column 1: "},
      {"a: *nobody\n", "line 1, column 4: "},
      {"a: 1\n\tb: 2\n", "line 2, column 1: "},
  };
  for (const auto& [yaml, message] : table) {
    const auto result = yaml_to_json(yaml);
    ASSERT_FALSE(result) << yaml;
    EXPECT_EQ(result.error().code, Code::kInvalid);
    EXPECT_EQ(result.error().message.substr(0, message.size()), message);
  }
}

// "Billion laughs": 10 levels of 10 references each.
TEST(Yaml, AnchorsThatMultiplyAreRefusedBeforeTheyFillTheMemory) {
  std::string yaml = "a0: &a0 [x]\n";
  for (int i = 1; i <= 10; ++i) {
    const auto name = "a" + std::to_string(i);
    yaml += name + ": &" + name + " [";
    for (int j = 0; j < 10; ++j) yaml += std::string(j == 0 ? "" : ", ") + "*a" + std::to_string(i - 1);
    yaml += "]\n";
  }
  EXPECT_NE(json_of(yaml).find("anchors expand to too much"), std::string::npos);
}

TEST(Yaml, AnchorsThatMultiplyLongTextsAreRefused) {
  const auto many = [](const std::string& anchored) {
    std::string yaml = "a: &a " + anchored + "\nb:\n";
    for (int i = 0; i < 100; ++i) yaml += "- *a\n";
    return yaml;
  };
  EXPECT_NE(json_of(many(std::string(100'000, 'x'))).find("anchors expand to too much"), std::string::npos);
  EXPECT_NE(json_of(many("{" + std::string(1000, 'k') + ": 1}")).find("too much"), std::string::npos);
  EXPECT_EQ(json_of(many("short")).find("error"), std::string::npos);
}

TEST(Yaml, AnAnchorInsideItselfIsRefused) {
  EXPECT_NE(json_of("a: &x [*x]\n").find("error: "), std::string::npos);
}

TEST(Yaml, ALongTextWithoutAnchorsHasNoLimit) {
  std::string yaml;
  for (int i = 0; i < 30000; ++i) yaml += "- 1\n";
  const auto read = nlohmann::json::parse(json_of(yaml));
  EXPECT_EQ(read.size(), 30000U);
}

TEST(Yaml, NestingBeyondAHundredLevelsIsRefused) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(json_of(nested(100)), nested(100));
  EXPECT_NE(json_of(nested(101)).find("error: "), std::string::npos);
  EXPECT_NE(json_of(std::string(100000, '[')).find("error: "), std::string::npos);
}

TEST(Yaml, EveryPartOfADocumentIsKnownByItsLine) {
  const auto read =
      read_yaml("# a comment\na: 1\nb:\n- x\n- k: |\n    text\n  l:\n---\n\nc: {d: [1,\n 2]}\n");
  ASSERT_EQ(read.documents.size(), 2U);
  const std::vector<std::pair<std::string, int>> first{{"", 2},     {"a", 2},      {"b", 3},     {"b[0]", 4},
                                                       {"b[1]", 5}, {"b[1].k", 5}, {"b[1].l", 7}};
  for (const auto& [path, line] : first) EXPECT_EQ(read.documents[0].lines.line_of(path), line) << path;
  const std::vector<std::pair<std::string, int>> second{{"", 10}, {"c.d", 10}, {"c.d[1]", 11}};
  for (const auto& [path, line] : second) EXPECT_EQ(read.documents[1].lines.line_of(path), line) << path;
}

TEST(Yaml, EverythingThatJsonCannotSayIsTold) {
  const auto read = read_yaml("a: 1\na: 2\n---\nb: !mine x\nc:\n  ? [d]\n  : 1\n");
  EXPECT_TRUE(read.documents.empty());
  EXPECT_EQ(read.problems, (std::vector<YamlProblem>{{2, 1, "the key a stands twice"},
                                                     {4, 4, "tag !mine is not understood here"},
                                                     {6, 5, "a key must be a string"}}));
}

TEST(Yaml, OfManyProblemsSixteenAreTold) {
  std::string yaml;
  for (int i = 0; i < 40; ++i) yaml += "a: 1\n";
  EXPECT_EQ(read_yaml(yaml).problems.size(), 16U);
}

// Each without end for yaml-cpp 0.7 (found by fuzzing).
TEST(Yaml, ACommaOutsideBracketsIsRefused) {
  for (const std::string text :
       {",", ",aan", ", a: b", "---\n,", "# nothing\n\n,", "&a ,", "!t ,", "- {a: b}\n---\n, x"}) {
    const auto read = read_yaml(text);
    ASSERT_EQ(read.problems.size(), 1U) << text;
    EXPECT_EQ(read.problems[0].message, "no value can begin like this") << text;
    EXPECT_TRUE(read.documents.empty()) << text;
  }
  EXPECT_EQ(json_of("- {a: b}\n---\n, x"), "error: line 3, column 1: no value can begin like this");
  EXPECT_EQ(read_yaml("---\n---\n...\n---\na: 1\n---\n").documents.size(), 1U);
}

// With %TAG a MiB of text would take 26 GB: each node keeps its own copy of its tag.
TEST(Yaml, ATagThatGrowsIsRefusedBeforeItFillsTheMemory) {
  const std::string grows = "%TAG !a! " + std::string(1000, 'x') + "\n---\n";
  for (const std::string text : {"- !a!y z\n", "!a!y [1]\n", "!a!y {b: 1}\n", "b: !a!y\n"}) {
    const auto read = read_yaml(grows + text);
    ASSERT_EQ(read.problems.size(), 1U) << text;
    EXPECT_EQ(read.problems[0].message, "a tag of this length") << text;
    EXPECT_EQ(read.problems[0].line, 3) << text;
  }
}

// A MiB of commas would take 545 MB.
TEST(Yaml, TooManyValuesAreRefusedBeforeTheyFillTheMemory) {
  const auto repeated = [](const std::string& part, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
  };
  EXPECT_EQ(read_yaml("[" + repeated("1,", 199'999) + "]").documents.size(), 1U);
  for (const auto& text :
       {"[" + repeated("1,", 200'000) + "]", "[" + repeated(",", 200'000) + "]", repeated("--- a\n", 200'001),
        repeated("- &a\n", 100'001) + repeated("- *a\n", 100'000)}) {
    const auto read = read_yaml(text);
    ASSERT_EQ(read.problems.size(), 1U) << text.substr(0, 20);
    EXPECT_EQ(read.problems[0].message, "more than 200000 values in one text") << text.substr(0, 20);
  }
}

TEST(Yaml, AZeroByteIsNoText) {
  const auto read = read_yaml(std::string_view("a: 1\nb: \0\n", 11));
  EXPECT_EQ(read.problems, (std::vector<YamlProblem>{{2, 0, "a zero byte: this is no text"}}));
}

}  // namespace
}  // namespace fairlead::sys
