#include <gtest/gtest.h>

#include "unit/controller/app/cluster.h"
#include "unit/controller/app/members.h"

// The entries of former members in the groups' statuses: they would fill them, and whoever joins then could
// not report. Who may still hold an address keeps his (api.md, Release).
namespace fairlead::controller {
namespace {

using namespace testing;

constexpr const char* kExclude = "node.kubernetes.io/exclude-from-external-load-balancers";
const std::string kLeaving = "node-1";

struct Scene {
  Scene() : rounds(api) {
    fill(api);
    settle();
  }
  void settle() {
    for (int i = 0; i < 30; ++i) {
      report(api, alive);
      if (rounds.round(SIZE_MAX) == 0) return;
    }
    ADD_FAILURE() << "it does not come to rest";
  }
  void exclude(const std::string& node) { api.at({"Node", {"", node}})["metadata"]["labels"][kExclude] = ""; }
  std::map<std::string, json> groups() const {
    std::map<std::string, json> out;
    for (const auto& [key, object] : api.objects()) {
      if (key.first == "VRRPGroup") out[key.second.name] = object;
    }
    return out;
  }

  FakeApi api;
  Rounds rounds;
  std::set<std::string> alive{"node-1", "node-2", "node-3", "node-4"};
};

std::set<std::string> nodes_of(const json& list) {
  std::set<std::string> out;
  for (const auto& one : list) out.insert(one["node"]);
  return out;
}
std::set<std::string> members_of(const json& group) { return nodes_of(group["spec"]["members"]); }
std::set<std::string> speakers_of(const json& group) { return nodes_of(group["status"]["members"]); }

TEST(Entries, GoOnceAFormerMemberHasLetGoOrItsNodeIsGone) {
  Scene scene;
  scene.exclude(kLeaving);
  scene.settle();
  scene.alive.erase("node-2");
  scene.api.remove({"Node", {"", "node-2"}});
  scene.settle();
  ASSERT_FALSE(scene.groups().empty());
  for (const auto& [name, group] : scene.groups()) {
    EXPECT_EQ(speakers_of(group), members_of(group)) << name;
    EXPECT_FALSE(members_of(group).contains(kLeaving) || members_of(group).contains("node-2")) << name;
  }
}

TEST(Entries, StayWhileAFormerMemberHasNotReported) {
  Scene scene;
  std::set<std::string> of_leaving;
  for (const auto& [name, group] : scene.groups()) {
    if (members_of(group).contains(kLeaving)) of_leaving.insert(name);
  }
  ASSERT_FALSE(of_leaving.empty());
  scene.alive.erase(kLeaving);
  scene.exclude(kLeaving);
  scene.settle();
  for (const auto& name : of_leaving) EXPECT_TRUE(speakers_of(scene.groups().at(name)).contains(kLeaving));
  scene.alive.insert(kLeaving);
  scene.settle();
  for (const auto& [name, group] : scene.groups())
    EXPECT_FALSE(speakers_of(group).contains(kLeaving)) << name;
}

}  // namespace
}  // namespace fairlead::controller
