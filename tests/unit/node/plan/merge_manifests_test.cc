#include "node/plan/manifests.h"

#include <gmock/gmock.h>

#include "unit/node/plan/planning.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using testing::ip;
using ::testing::IsEmpty;
using testing::kNodeA;
using testing::real;
using testing::set;
using testing::sets_of;
using testing::tcp;
using testing::texts;
using testing::virtual_server;

// kubernetes.md 1, static manifests: they win over what the API server has.
api::VRRPGroup from_file(const std::string& name) {
  auto out = group(name);
  out.meta.uid = kManifestUid;
  out.meta.generation = 0;
  out.meta.creation_timestamp = {};
  return out;
}

api::RealServerSet set_from_file(const std::string& name, const std::string& group_name) {
  auto out = set(name, group_name);
  out.meta = {};
  out.meta.name = name;
  out.meta.uid = kManifestUid;
  return out;
}

MadePlan plan_of(const Objects& from_api, const Objects& from_files) {
  return make_plan(kNodeA, merge(from_api, from_files), {}, Plan{});
}

TEST(Merge, AFileWinsTheVirtualRouterId) {
  auto theirs = group("a-group");
  theirs.spec.addresses[0].address = ip("192.0.2.99");
  const auto made = plan_of({groups_of({theirs}), {}}, {groups_of({from_file("z-file")}), {}});
  EXPECT_EQ(made.plan.groups.size(), 1U);
  EXPECT_TRUE(is_from_file(made.plan.groups.at("z-file").version));
  EXPECT_THAT(texts(made.problems),
              ElementsAre("StaticConflict VRRPGroup a-group: spec.virtualRouterID: 51 is that of z-file in a "
                          "file of this node on eth0"));
  EXPECT_EQ(made.plan.not_run.at("a-group").uid, "uid-a-group");
}

TEST(Merge, AFileWinsTheAddress) {
  auto theirs = group("a-group");
  theirs.spec.virtual_router_id = 7;
  theirs.spec.addresses.push_back({ip("192.0.2.99"), 32, api::Forwarding::kDelegate, {}});
  const auto made = plan_of({groups_of({theirs}), {}}, {groups_of({from_file("z-file")}), {}});
  EXPECT_EQ(made.plan.groups.at("a-group").addresses, (std::set<net::IpAddress>{ip("192.0.2.99")}));
  EXPECT_EQ(made.plan.groups.at("z-file").addresses, (std::set<net::IpAddress>{ip("192.0.2.10")}));
  EXPECT_THAT(texts(made.problems),
              ElementsAre("StaticConflict VRRPGroup a-group: spec.addresses[0].address: "
                          "192.0.2.10 belongs to z-file in a file of this node"));
}

// Reported as run nothing of, so that nobody waits for this node.
TEST(Merge, AFileWinsTheName) {
  auto theirs = group("gw");
  theirs.spec.virtual_router_id = 7;
  theirs.spec.addresses[0].address = ip("192.0.2.99");
  const auto made = plan_of({groups_of({theirs}), {}}, {groups_of({from_file("gw")}), {}});
  EXPECT_TRUE(is_from_file(made.plan.groups.at("gw").version));
  EXPECT_EQ(made.plan.not_run.at("gw").uid, "uid-gw");
  EXPECT_THAT(texts(made.problems),
              ElementsAre("StaticConflict VRRPGroup gw: metadata.name: a file of this node "
                          "has a group of this name"));
}

TEST(Merge, WhatSharesNothingIsLeftInPeace) {
  auto theirs = group("theirs");
  theirs.spec.virtual_router_id = 7;
  theirs.spec.addresses[0].address = ip("192.0.2.99");
  const auto made = plan_of({groups_of({theirs}), {}}, {groups_of({from_file("gw")}), {}});
  EXPECT_EQ(made.plan.groups.size(), 2U);
  EXPECT_THAT(texts(made.problems), IsEmpty());
}

TEST(Merge, ServerSetsOfFilesAreForGroupsOfFilesAndThoseOfTheApiServerForItsOwn) {
  auto file_group = from_file("gw");
  file_group.spec.addresses[0].forwarding = api::Forwarding::kNat;
  auto theirs = set("web-v4-0", "gw");
  theirs.spec.virtual_servers[0].port = net::Port(443);
  const auto made =
      plan_of({{}, sets_of({theirs})}, {groups_of({file_group}), sets_of({set_from_file("web-v4-0", "gw")})});
  ASSERT_EQ(made.plan.virtual_servers.size(), 1U);
  EXPECT_TRUE(made.plan.virtual_servers.contains(tcp("192.0.2.10:80")));
  EXPECT_THAT(made.plan.awaited, IsEmpty());
  const auto other_way = plan_of({groups_of({group("gw")}), {}}, {{}, sets_of({set_from_file("web", "gw")})});
  EXPECT_THAT(other_way.plan.virtual_servers, IsEmpty());
}

// Until all slices of a whole are visible nothing of it is removed; but what a file displaced is.
TEST(Merge, ServersOfAGroupThatAFileDisplacedAreNotKept) {
  auto theirs = set("web-v4-0", "gw");
  theirs.spec.virtual_servers[0].port = net::Port(443);
  auto group_of_theirs = group("gw");
  group_of_theirs.spec.addresses[0].forwarding = api::Forwarding::kNat;
  const auto before = plan_of({groups_of({group_of_theirs}), sets_of({theirs})}, {});
  ASSERT_TRUE(before.plan.virtual_servers.contains(tcp("192.0.2.10:443")));
  theirs.spec.slice_count = 2;
  const auto file_group = from_file("gw");
  const auto made = make_plan(kNodeA,
                              merge({groups_of({group_of_theirs}), sets_of({theirs})},
                                    {groups_of({file_group}), sets_of({set_from_file("web", "gw")})}),
                              {}, before.plan);
  EXPECT_FALSE(made.plan.virtual_servers.contains(tcp("192.0.2.10:443")));
  EXPECT_TRUE(made.plan.virtual_servers.contains(tcp("192.0.2.10:80")));
  EXPECT_EQ(made.plan.sets.size(), 1U);
}

// Names of sets of files are whole names, not slices of one stem.
TEST(Merge, ServerSetsOfFilesWithNamesThatDifferInTheEndAreTwo) {
  auto file_group = from_file("gw");
  auto https = set_from_file("web-443", "gw");
  https.spec.virtual_servers = {virtual_server("192.0.2.10:443", {real("10.0.0.1:443", 1)})};
  const auto made = plan_of({}, {groups_of({file_group}), sets_of({set_from_file("web-80", "gw"), https})});
  EXPECT_EQ(made.plan.virtual_servers.size(), 2U);
}

}  // namespace
}  // namespace fairlead::plan
