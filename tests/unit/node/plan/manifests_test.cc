#include "node/plan/manifests.h"

#include <gmock/gmock.h>

#include "unit/node/plan/manifest_samples.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;

TEST(Manifests, AFileMayHoldGroupsAndServerSets) {
  const auto file =
      read("gw.yaml", {group_json("gw", 51, "192.0.2.10"), set_json("web", "gw", "192.0.2.10")});
  ASSERT_TRUE(file.content) << ::testing::PrintToString(texts(file.problems));
  ASSERT_EQ(file.content->groups.size(), 1U);
  EXPECT_EQ(file.content->groups[0].object.meta.uid, kManifestUid);
  ASSERT_EQ(file.content->sets.size(), 1U);
  EXPECT_EQ(file.content->sets[0].object.spec.group, "gw");
}

// kubernetes.md 1: the same schema; api.md: preemptDelaySeconds is 0 in a static manifest, 255 is allowed.
TEST(Manifests, ThePriority255IsAllowedAndPreemptionIsNotDelayed) {
  auto json = group_json("gw", 51, "192.0.2.10");
  json.replace(json.find("200"), 3, "255");
  const auto file = read("gw.yaml", {json});
  ASSERT_TRUE(file.content) << ::testing::PrintToString(texts(file.problems));
  const auto& spec = file.content->groups[0].object.spec;
  EXPECT_EQ(spec.members[0].priority, 255);
  EXPECT_EQ(spec.preempt_delay, Seconds(0));
}

TEST(Manifests, ThePriority256IsRefused) {
  auto json = group_json("gw", 51, "192.0.2.10");
  json.replace(json.find("200"), 3, "256");
  EXPECT_THAT(texts(read("gw.yaml", {json}).problems),
              ElementsAre("gw.yaml:7: VRRPGroup gw: spec.members[0].priority: must be 1..255, got 256"));
}

// Bad input: every problem at once with file, line, path and allowed range.
TEST(Manifests, EveryProblemOfAFileIsToldWithItsLine) {
  const auto file = read("gw.yaml", {group_json("gw", 300, "192.0.2.10"),
                                     group_json("b", 52, "127.0.0.1", R"(,"prio":1)"), R"({"kind":"Pod"})"});
  EXPECT_FALSE(file.content);
  EXPECT_THAT(
      texts(file.problems),
      ElementsAre("gw.yaml:5: VRRPGroup gw: spec.virtualRouterID: must be 1..255, got 300",
                  ::testing::StartsWith("gw.yaml:16: VRRPGroup b: spec.addresses[0].address: must be "),
                  "gw.yaml:14: VRRPGroup b: spec.prio: is no field of this kind",
                  "gw.yaml:22: kind: must be one of VRRPGroup, RealServerSet, got \"Pod\""));
}

// What a node cannot do with a sound object.
TEST(Manifests, WhatANodeCannotRunIsRefused) {
  const auto file = read("gw.yaml", {group_json("gw", 51, "192.0.2.10", R"(,"trackQuorum":{"weight":1})")});
  EXPECT_THAT(texts(file.problems),
              ElementsAre("gw.yaml:4: VRRPGroup gw: spec.trackQuorum: is not supported yet"));
}

// The lines of 90,000 of them took half a minute.
TEST(Manifests, OfManyProblemsTheLinesOfAHundredAreFound) {
  std::string fields;
  for (int i = 0; i < 300; ++i) fields += ",\"u" + std::to_string(i) + "\":1";
  const auto told = texts(read("gw.yaml", {group_json("gw", 51, "192.0.2.10", fields)}).problems);
  ASSERT_EQ(told.size(), 300U);
  EXPECT_EQ(told[99], "gw.yaml:4: VRRPGroup gw: spec.u188: is no field of this kind");
  EXPECT_EQ(told[100], "gw.yaml:1: VRRPGroup gw: spec.u189: is no field of this kind");
}

TEST(Manifests, AServerSetThatIsASliceIsRefused) {
  const auto file =
      read("w.yaml", {set_json("web", "gw", "192.0.2.10", R"(,"slice":{"index":0,"count":2})")});
  EXPECT_THAT(
      texts(file.problems),
      ElementsAre("w.yaml:4: RealServerSet web: spec.slice.count: must be 1 in a static manifest, got "
                  "2: a server set of a file is whole by itself"));
}

TEST(Manifests, WhatStandsTwiceInOneFileIsRefusedNamingBoth) {
  const auto file = read("gw.yaml", {group_json("gw", 51, "192.0.2.10"), group_json("gw", 52, "192.0.2.11")});
  EXPECT_THAT(
      texts(file.problems),
      ElementsAre("gw.yaml:13: VRRPGroup gw: metadata.name: the name VRRPGroup gw is also in gw.yaml:3 "
                  "(VRRPGroup gw)"));
  EXPECT_FALSE(file.content);
}

}  // namespace
}  // namespace fairlead::plan
