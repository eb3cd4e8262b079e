#include "lib/api/manifest.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

const std::string kGroup =
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"gw"},
        "spec":{"family":"IPv4","virtualRouterID":51,"interface":"eth0",
                "addresses":[{"address":"192.0.2.10"}],"members":[{"node":"lb1","priority":100}]}})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<std::string> problems(const std::string& json) {
  std::vector<std::string> out;
  for (const auto& problem : decode_manifest(json).problems) out.push_back(to_string({problem}));
  return out;
}

using Lines = std::vector<std::string>;

TEST(Manifest, IsAVRRPGroupOrARealServerSet) {
  const auto group = decode_manifest(kGroup);
  ASSERT_TRUE(group.ok()) << to_string(group.problems);
  EXPECT_EQ(kind_of(group.value), "VRRPGroup");
  EXPECT_EQ(meta_of(group.value).name, "gw");
  EXPECT_EQ(std::get<VRRPGroup>(group.value).spec.virtual_router_id, 51);
  const auto set = decode_manifest(
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RealServerSet","metadata":{"name":"web"},
          "spec":{"group":"gw"}})");
  ASSERT_TRUE(set.ok()) << to_string(set.problems);
  EXPECT_EQ(kind_of(set.value), "RealServerSet");
}

TEST(Manifest, OfAnotherKindIsRefused) {
  EXPECT_EQ(problems(R"({"kind":"Service"})"),
            (Lines{"kind: must be one of VRRPGroup, RealServerSet, got \"Service\""}));
  EXPECT_EQ(problems(R"({"metadata":{"name":"x"}})"), (Lines{"kind: required"}));
  EXPECT_EQ(problems("[1]"), (Lines{"must be a JSON object"}));
}

TEST(Manifest, OfAnotherVersionOrOfNoneIsRefused) {
  EXPECT_EQ(problems(replaced(kGroup, "v1alpha1", "v1")),
            (Lines{"apiVersion: must be one of fairlead.dev/v1alpha1, got \"fairlead.dev/v1\""}));
  EXPECT_EQ(problems(replaced(kGroup, R"("apiVersion":"fairlead.dev/v1alpha1",)", "")),
            (Lines{"apiVersion: required"}));
}

TEST(Manifest, AFieldThatNobodyKnowsIsRefusedWhereverItStands) {
  EXPECT_EQ(problems(replaced(kGroup, R"("interface":"eth0")", R"("interface":"eth0","adresses":[])")),
            (Lines{"spec.adresses: is no field of this kind"}));
  EXPECT_EQ(problems(replaced(kGroup, R"("priority":100)", R"("priority":100,"weight":{"a":1})")),
            (Lines{"spec.members[0].weight: is no field of this kind"}));
  EXPECT_EQ(problems(replaced(kGroup, R"("metadata")", R"("data":1,"metadata")")),
            (Lines{"data: is no field of this kind"}));
}

TEST(Manifest, WhatKubectlShowsBesidesIsNotLookedAt) {
  const auto shown =
      replaced(replaced(kGroup, R"("name":"gw")",
                        R"("name":"gw","managedFields":[{"x":1}],"labels":{"a/b":"c"},"selfLink":"/x")"),
               R"("metadata")", R"("status":{"state":"Ready","other":1},"metadata")");
  EXPECT_EQ(problems(shown), Lines{});
}

// The API server's rule for names of objects.
TEST(Manifest, ItsNameIsOneThatKubernetesTakes) {
  const std::string longest(253, 'a');
  for (const std::string name : {"gw", "a-1.b", "0"}) EXPECT_TRUE(is_object_name(name)) << name;
  EXPECT_TRUE(is_object_name(longest));
  for (const std::string name : {"", "Gw", "-a", "a-", "a..b", ".a", "a_b", "a/b", "a b", "ä"}) {
    EXPECT_FALSE(is_object_name(name)) << name;
  }
  EXPECT_FALSE(is_object_name(longest + "a"));
  const auto found = problems(replaced(kGroup, R"("name":"gw")", R"("name":"My Group")"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].substr(0, 22), "metadata.name: must be");
}

TEST(Manifest, EveryProblemIsTold) {
  const auto found =
      problems(replaced(replaced(kGroup, R"("virtualRouterID":51)", R"("virtualRouterID":300)"),
                        R"("priority":100)", R"("priority":"high")"));
  EXPECT_EQ(found, (Lines{"spec.virtualRouterID: must be 1..255, got 300",
                          "spec.members[0].priority: must be a whole number, got a string"}));
}

}  // namespace
}  // namespace fairlead::api
