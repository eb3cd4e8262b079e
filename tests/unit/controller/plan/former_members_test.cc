#include "controller/plan/former_members.h"

#include <gtest/gtest.h>

#include "controller/plan/release.h"
#include "lib/api/entry_removal.h"
#include "unit/controller/builders.h"

// Entries of former members in the status of a group and of its sets: gone when nothing waits for them, and
// not before (api.md, Release).
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kGroup{"", "g"};

// node-a and node-b are members, node-c was.
struct Scene {
  Scene() {
    put_claimed(inputs, vip("web", "192.0.2.100"));
    auto object = group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}});
    object.status.entries = {"node-a", "node-c", "node-b"};
    put(inputs.groups, object);
    wanted.groups = inputs.groups;
  }
  api::VRRPGroup& there() { return inputs.groups.at(kGroup); }
  api::VRRPGroup& to_be() { return wanted.groups.at(kGroup); }
  std::vector<Write> writes() const {
    std::vector<Write> out;
    entry_removals(inputs, wanted, out);
    return out;
  }
  Inputs inputs = three_nodes();
  Desired wanted;
};

TEST(FormerMembers, TheirEntriesAreTakenOutOfTheVersionThatWasSeen) {
  Scene scene;
  const auto writes = scene.writes();
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0], (Write{Step::kRemoveEntries,
                              Verb::kRemoveEntries,
                              Target::kVRRPGroup,
                              kGroup,
                              "17",
                              api::encode_entry_removal(scene.there().meta.resource_version, {1}),
                              {},
                              {}}));
}

TEST(FormerMembers, SeveralGoAtOnceAndMembersStay) {
  Scene scene;
  scene.there().status.entries = {"node-x", "node-a", "node-b", "node-y"};
  EXPECT_EQ(scene.writes().at(0).body,
            api::encode_entry_removal(scene.there().meta.resource_version, {0, 3}));
  scene.there().status.entries = {"node-b", "node-a"};
  EXPECT_TRUE(scene.writes().empty());
}

// Its label: it sees the group, and has not reported that it let go.
TEST(FormerMembers, OneThatStillSeesTheGroupKeepsItsEntry) {
  Scene scene;
  scene.there().meta.labels[api::node_label("node-c")] = "";
  EXPECT_TRUE(scene.writes().empty()) << "the write that takes the label away comes first";
  scene = {};
  scene.to_be().meta.labels[api::node_label("node-c")] = "";
  EXPECT_TRUE(scene.writes().empty());
}

TEST(FormerMembers, OneThatANoteWaitsForKeepsItsEntry) {
  for (const bool as_it_is : {true, false}) {
    Scene scene;
    auto& meta = as_it_is ? scene.there().meta : scene.to_be().meta;
    meta.annotations[kReleasingAnnotation] = "192.0.2.107 uid-gone node-b,node-c";
    EXPECT_TRUE(scene.writes().empty()) << as_it_is;
  }
}

TEST(FormerMembers, OneThatComesBackKeepsItsEntry) {
  Scene scene;
  scene.to_be().spec.members.push_back({"node-c", "uid-node-c", 100, ""});
  EXPECT_TRUE(scene.writes().empty());
}

TEST(FormerMembers, AGroupThatGoesIsLeftAlone) {
  Scene scene;
  scene.there().meta.deleting = true;
  EXPECT_TRUE(scene.writes().empty());
  scene = {};
  scene.wanted.groups.clear();
  EXPECT_TRUE(scene.writes().empty());
}

TEST(FormerMembers, AGroupThatIsWrittenOtherwiseInThisRoundWaitsForTheNext) {
  Scene scene;
  std::vector<Write> out{{Step::kNews, Verb::kApplyStatus, Target::kVRRPGroup, kGroup, "17", "{}", {}, {}}};
  entry_removals(scene.inputs, scene.wanted, out);
  EXPECT_EQ(out.size(), 1U);
  out.front().key.name = "another";
  entry_removals(scene.inputs, scene.wanted, out);
  EXPECT_EQ(out.size(), 2U);
}

// A RealServerSet of the group, with entries of these nodes.
Scene with_set(const std::vector<std::string>& nodes) {
  Scene scene;
  scene.there().status.entries.clear();
  api::RealServerSet set;
  set.meta = meta("web-v4-0", "shop");
  set.spec.group = "g";
  for (const auto& node : nodes) set.members.push_back({node, 1, 2, 1});
  put(scene.inputs.sets, set);
  scene.wanted.sets = scene.inputs.sets;
  return scene;
}
const api::ObjectKey kSet{"shop", "web-v4-0"};

// The cap is the same, and nodes that have been Master once gather there just so.
TEST(FormerMembers, TheirEntriesInTheGroupsSetsGoToo) {
  const auto writes = with_set({"node-c", "node-a", "node-x"}).writes();
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0], (Write{Step::kRemoveEntries,
                              Verb::kRemoveEntries,
                              Target::kRealServerSet,
                              kSet,
                              "17",
                              api::encode_entry_removal("17", {0, 2}),
                              {},
                              {}}));
  EXPECT_TRUE(with_set({"node-b", "node-a"}).writes().empty());
}

TEST(FormerMembers, InASetOneOfWhomSomethingIsAwaitedKeepsItsEntry) {
  Scene scene = with_set({"node-c"});
  scene.there().meta.labels[api::node_label("node-c")] = "";
  EXPECT_TRUE(scene.writes().empty());
  scene = with_set({"node-c"});
  scene.to_be().spec.members.push_back({"node-c", "uid-node-c", 100, ""});
  EXPECT_TRUE(scene.writes().empty());
}

TEST(FormerMembers, ASetThatGoesOrIsWrittenOrWhoseGroupIsNotThereIsLeftAlone) {
  Scene scene = with_set({"node-c"});
  scene.inputs.sets.at(kSet).meta.deleting = true;
  EXPECT_TRUE(scene.writes().empty());
  scene = with_set({"node-c"});
  scene.wanted.sets.clear();
  EXPECT_TRUE(scene.writes().empty());
  scene = with_set({"node-c"});
  scene.inputs.sets.at(kSet).spec.group = "another";
  EXPECT_TRUE(scene.writes().empty());
  scene = with_set({"node-c"});
  std::vector<Write> out{{Step::kSets, Verb::kApply, Target::kRealServerSet, kSet, "17", "{}", {}, {}}};
  entry_removals(scene.inputs, scene.wanted, out);
  EXPECT_EQ(out.size(), 1U);
}

// Of a controller that was away for long: it needs no memory of who was a member.
TEST(FormerMembers, ComeLastInTheRoundAndAreFoundByTheirEntryAlone) {
  Scene scene;
  scene.there().meta.resource_version = "18";
  scene.wanted.claims = scene.inputs.claims;
  const auto out = changes(scene.inputs, scene.wanted, {});
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(out.back().verb, Verb::kRemoveEntries);
  EXPECT_EQ(out.back().resource_version, "18");
}

}  // namespace
}  // namespace fairlead::controller
