#include "node/plan/holding.h"

#include <gmock/gmock.h>

#include "unit/node/plan/builders.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using ::testing::IsEmpty;
using testing::set;
using testing::sets_of;
using ::testing::SizeIs;

Objects objects(std::vector<api::VRRPGroup> groups, std::vector<api::RealServerSet> sets) {
  return {groups_of(std::move(groups)), sets_of(std::move(sets))};
}

api::VRRPGroup at_generation(api::VRRPGroup object, std::int64_t generation) {
  object.meta.generation = generation;
  return object;
}

TEST(Holding, TakesTheNewestVersions) {
  const auto newer = objects({at_generation(group("g"), 2)}, {set("web-v4-0", "g")});
  const auto held = hold(objects({group("g")}, {}), {newer, {}, {}, true});
  EXPECT_EQ(held.objects, newer);
  EXPECT_THAT(held.problems, IsEmpty());
  EXPECT_THAT(held.refused, IsEmpty());
}

// K-19: state from the checkpoint stays until all caches have synced once.
TEST(Holding, RemovesNothingBeforeEveryListWasSeen) {
  const auto before = objects({group("g")}, {set("web-v4-0", "g")});
  EXPECT_EQ(hold(before, {{}, {}, {}, false}).objects, before);
  EXPECT_EQ(hold(before, {{}, {}, {}, true}).objects, Objects{});
}

// Invariant I-10.
TEST(Holding, AnOlderGenerationIsRefusedAndNamed) {
  auto before = objects({at_generation(group("g"), 5)}, {});
  before.groups.at("g").spec.config_epoch = 3;
  const auto held = hold(before, {objects({at_generation(group("g"), 4)}, {}), {}, {}, true});
  EXPECT_EQ(held.objects, before);
  EXPECT_THAT(held.refused, ElementsAre(Refused{"VRRPGroup", {"", "g"}, Ruling::kRefuseOlder, 3}));
}

// After a restore of etcd the controller raises configEpoch: the sets of the group follow it.
TEST(Holding, AHigherConfigEpochOfTheGroupLetsOlderGenerationsOfItsSetsIn) {
  auto newer_set = set("web-v4-0", "g");
  newer_set.meta.generation = 9;
  const auto before = objects({at_generation(group("g"), 5)}, {newer_set});
  auto restored = at_generation(group("g"), 2);
  restored.spec.config_epoch = 2;
  const auto after = objects({restored}, {set("web-v4-0", "g")});
  EXPECT_EQ(hold(before, {after, {}, {}, true}).objects, after);
}

// I-8 and K-17: the last good version stays.
TEST(Holding, ANewVersionThatANodeCannotRunLeavesTheLastGoodOneInPlace) {
  const auto before = objects({group("g"), group("h")}, {});
  auto bad = at_generation(group("g"), 2);
  bad.spec.not_yet_supported = {"spec.transport"};
  const auto held = hold(before, {objects({bad, at_generation(group("h"), 2)}, {}), {}, {}, true});
  EXPECT_EQ(held.objects, objects({group("g"), at_generation(group("h"), 2)}, {}));
  EXPECT_THAT(held.problems, SizeIs(1));
}

TEST(Holding, ANewObjectThatANodeCannotRunIsSetAside) {
  auto bad = set("web-v4-0", "g");
  bad.spec.virtual_servers[0].forwarding = api::Forwarding::kTunnel;
  const auto held = hold({}, {objects({group("g")}, {bad}), {}, {}, true});
  EXPECT_EQ(held.objects, objects({group("g")}, {}));
  EXPECT_THAT(held.problems, SizeIs(1));
}

TEST(Holding, AnObjectThatDoesNotDecodeKeepsItsLastGoodVersion) {
  const auto before = objects({group("g")}, {set("web-v4-0", "g")});
  const auto held = hold(before, {{}, {{"", "g"}}, {{"shop", "web-v4-0"}}, true});
  EXPECT_EQ(held.objects, before);
}

std::vector<std::string> texts(const std::vector<PlanProblem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) out.push_back(to_string(problem));
  return out;
}

// api.md, VRRPGroup: 255 in static manifests only. S-16: the node checks what the API server lets pass.
TEST(Holding, TheOwnersPriorityIsNotTakenFromTheApiServerAndTheLastGoodVersionStays) {
  const auto before = objects({at_generation(group("g"), 1)}, {});
  auto owner = at_generation(group("g"), 2);
  owner.spec.members[1].priority = 255;
  const auto held = hold(before, {objects({owner}, {}), {}, {}, true});
  EXPECT_EQ(held.objects, before);
  EXPECT_THAT(texts(held.problems),
              ElementsAre("VRRPGroup g: spec.members[1].priority: must be 1..254, got 255: the owner of the "
                          "addresses is named in a static manifest only"));
}

// Whoever may write a VRRPGroup must not have eight bytes of any file sent to the segment.
TEST(Holding, APasswordFileElsewhereThanInItsFolderIsNotTakenFromTheApiServer) {
  for (const std::string name : {"/etc/shadow", "../shadow", "..", ".", ".hidden", "a/b", "a b", "a\n"}) {
    auto reaching = group("g");
    reaching.spec.version = 2;
    reaching.spec.password_file = name;
    const auto held = hold({}, {objects({reaching}, {}), {}, {}, true});
    EXPECT_EQ(held.objects, Objects{}) << name;
    EXPECT_THAT(
        texts(held.problems),
        ElementsAre("VRRPGroup g: spec.authentication.passwordFile: must be the name of a file in the "
                    "node's --password-dir: 1..255 letters, digits, '.', '_' and '-', not beginning "
                    "with a dot"))
        << name;
  }
}

}  // namespace
}  // namespace fairlead::plan
