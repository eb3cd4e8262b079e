#include "lib/api/replacement.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace fairlead::api {
namespace {

using nlohmann::json;

const std::string kApplied =
    R"({"metadata":{"name":"web","labels":{"node.fairlead.dev/a":""}},"spec":{"ports":[{"port":80}],"scheduler":"wlc"}})";

std::string there(const std::string& spec, const std::string& labels = R"({"node.fairlead.dev/a":""})") {
  return R"({"metadata":{"name":"web","resourceVersion":"7","labels":)" + labels + R"(},"spec":)" + spec +
         "}";
}

TEST(SpecReplacement, AFieldThatWasNotAppliedGoes) {
  const auto patch = json::parse(
      spec_replacement(kApplied, there(R"({"ports":[{"port":80}],"scheduler":"wlc","quorum":3})")));
  ASSERT_EQ(patch.size(), 2U);
  EXPECT_EQ(patch[0], json::parse(R"({"op":"test","path":"/metadata/resourceVersion","value":"7"})"));
  EXPECT_EQ(patch[1]["op"], "replace");
  EXPECT_EQ(patch[1]["path"], "/spec");
  EXPECT_EQ(patch[1]["value"], json::parse(kApplied)["spec"]);
}

TEST(SpecReplacement, SoDoesOneInsideOfAListOrAnObject) {
  for (const std::string spec : {R"({"ports":[{"port":80,"name":"x"}],"scheduler":"wlc"})",
                                 R"({"ports":[{"port":80},{"port":81}],"scheduler":"wlc"})",
                                 R"({"ports":[{"port":80}],"scheduler":"rr"})"})
    EXPECT_FALSE(spec_replacement(kApplied, there(spec)).empty()) << spec;
}

TEST(SpecReplacement, WhatIsAsAppliedOrLessIsLeft) {
  EXPECT_EQ(spec_replacement(kApplied, there(R"({"ports":[{"port":80}],"scheduler":"wlc"})")), "");
  EXPECT_EQ(spec_replacement(kApplied, there(R"({"ports":[{"port":80}]})")), "");
}

// Of finalizers alone there is no spec.
TEST(SpecReplacement, WithoutASpecOrAVersionThereIsNone) {
  const std::string more = R"({"ports":[{"port":80}],"scheduler":"wlc","quorum":3})";
  EXPECT_EQ(spec_replacement(R"({"metadata":{"name":"web"}})", there(more)), "");
  EXPECT_EQ(spec_replacement(kApplied, R"({"metadata":{},"spec":)" + more + "}"), "");
  for (const std::string broken : {"", "7", "[", "null"}) {
    EXPECT_EQ(spec_replacement(kApplied, broken), "");
    EXPECT_EQ(spec_replacement(broken, there(more)), "");
  }
}

TEST(NodeLabelRemoval, LabelsOfNodesThatWereNotAppliedGoAndNoOthers) {
  const auto patch = json::parse(node_label_removal(
      kApplied, there("{}", R"({"node.fairlead.dev/a":"","node.fairlead.dev/b":"","team":"x"})")));
  ASSERT_EQ(patch.size(), 2U);
  EXPECT_EQ(patch[1], json::parse(R"({"op":"remove","path":"/metadata/labels/node.fairlead.dev~1b"})"));
  EXPECT_EQ(node_label_removal(kApplied, there(R"({"quorum":3})")), "");
}

}  // namespace
}  // namespace fairlead::api
