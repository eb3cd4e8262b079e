#include "node/plan/make_plan.h"

#include <gmock/gmock.h>

#include <functional>

#include "unit/node/plan/planning.h"

// Groups. Real servers: make_plan_sets_test.cc.
namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using testing::ip;
using ::testing::IsEmpty;
using testing::member;
using ::testing::Pair;
using testing::plan_of;
using testing::texts;

TEST(GroupPlanning, CarriesEveryFieldOfTheGroup) {
  auto source = group("g");
  source.meta.generation = 7;
  source.spec.config_epoch = 2;
  source.spec.advert_interval = Milliseconds(250);
  source.spec.preempt = false;
  source.spec.preempt_delay = Seconds(30);
  source.spec.checksum = api::Checksum::kRfc5798;
  source.spec.fence_lifetime = Seconds(1);
  source.spec.excluded_addresses = {{ip("192.0.2.12"), 32}};
  source.spec.track_interfaces = {{"eth1", 0}, {"eth2", -50}};
  source.spec.link_up_delay = Milliseconds(1500);
  source.spec.strict_v6_first_address = false;
  source.spec.announce = {{Seconds(0), Seconds(2)}, Seconds(0), true};
  const auto made = plan_of({source}, {});
  GroupPlan wanted;
  wanted.name = "g";
  wanted.version = {"uid-g", 7, 2};
  wanted.virtual_router_id = vrrp::VirtualRouterId(51);
  wanted.interface = "eth0";
  wanted.priority = vrrp::Priority(200);
  wanted.advertise_interval = vrrp::Centiseconds(25);
  wanted.preempt = false;
  wanted.preempt_delay = Seconds(30);
  wanted.checksum = vrrp::ChecksumForm::kRfc5798;
  wanted.strict_v6_first_address = false;
  wanted.tracked = {{"eth1", 0}, {"eth2", -50}};
  wanted.link_up_delay = Milliseconds(1500);
  wanted.announce = {{Seconds(0), Seconds(2)}, Seconds(0), true};
  wanted.addresses = {ip("192.0.2.10")};
  wanted.excluded = {ip("192.0.2.12")};
  wanted.min_active_down_interval =
      vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(100), vrrp::Centiseconds(25));
  wanted.fence_lifetime = Seconds(1);
  EXPECT_THAT(made.plan.groups, ElementsAre(Pair("g", wanted)));
  EXPECT_THAT(made.problems, IsEmpty());
}

// api.md, VRRPGroup: members[].interface overrides the group's.
TEST(GroupPlanning, TheMembersInterfaceOverridesTheGroups) {
  auto source = group("g");
  source.spec.members[0].interface = "bond0.5";
  EXPECT_EQ(plan_of({source}, {}).plan.groups.at("g").interface, "bond0.5");
}

// failure-model.md 1.2: ADI_min is that of the strongest possible backup, not the node's own.
TEST(GroupPlanning, TheSmallestActiveDownIntervalIsThatOfTheStrongestOtherMember) {
  auto source = group("g");
  source.spec.members = {member("node-a", 50), member("node-b", 100), member("node-c", 200)};
  EXPECT_EQ(plan_of({source}, {}).plan.groups.at("g").min_active_down_interval,
            vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(200), vrrp::Centiseconds(100)));
}

TEST(GroupPlanning, AMemberAloneCountsItself) {
  auto source = group("g");
  source.spec.members = {member("node-a", 200)};
  EXPECT_EQ(plan_of({source}, {}).plan.groups.at("g").min_active_down_interval,
            vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(200), vrrp::Centiseconds(100)));
}

TEST(GroupPlanning, AGroupThatDoesNotListUsIsNotOursAndNoProblem) {
  auto source = group("g");
  source.spec.members = {member("node-b", 100)};
  const auto made = plan_of({source}, {});
  EXPECT_THAT(made.plan.groups, IsEmpty());
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_EQ(made.plan.not_run, (std::map<std::string, Version>{{"g", {"uid-g", 1, 1}}}));
  EXPECT_THAT(plan_of({group("g")}, {}).plan.not_run, IsEmpty());
}

// api.md, NodeReport: node name and UID come from the token; without a UID names alone decide.
TEST(GroupPlanning, AnotherNodesUidUnderOurNameIsRefusedAndAnUnknownOneIsNot) {
  auto source = group("g");
  source.spec.members[0].node_uid = "uid-of-another";
  const auto made = plan_of({source}, {});
  EXPECT_THAT(made.plan.groups, IsEmpty());
  EXPECT_THAT(texts(made.problems),
              ElementsAre("OtherNode VRRPGroup g: spec.members[0].nodeUID: names another node called node-a, "
                          "our UID is uid-of-a"));
  EXPECT_EQ(make_plan({"node-a", ""}, groups_of({source}), {}, {}, Plan{}).plan.groups.size(), 1U);
}

// VIPs of a group that is to be released are taken away before the group is (api.md, Release).
TEST(GroupPlanning, AGroupWithoutAddressesStaysInThePlan) {
  auto source = group("g");
  source.spec.addresses.clear();
  const auto made = plan_of({source}, {});
  EXPECT_THAT(made.plan.groups.at("g").addresses, IsEmpty());
  EXPECT_THAT(made.problems, IsEmpty());
}

struct RefusedGroup {
  std::string text;
  std::function<void(api::VRRPGroup&)> change;
};

// Invariant I-8: a poison object harms itself only.
TEST(GroupPlanning, RefusesWhatANodeCannotDoAndSetsOnlyThatGroupAside) {
  const std::vector<RefusedGroup> table{
      {"NotYetSupported VRRPGroup bad: spec.trackQuorum: is not supported yet",
       [](auto& g) { g.spec.not_yet_supported = {"spec.trackQuorum"}; }},
      {"InvalidSpec VRRPGroup bad: spec.version: must be 2..3, got 4", [](auto& g) { g.spec.version = 4; }},
      {"InvalidSpec VRRPGroup bad: spec.advertIntervalMs: advertisement interval of version 2 must be "
       "1000..255000 ms in whole seconds, got 1500",
       [](auto& g) {
         g.spec.version = 2;
         g.spec.advert_interval = Milliseconds(1500);
       }},
      {"InvalidSpec VRRPGroup bad: spec.authentication.type: PASS is allowed with version 2 only, got "
       "version 3",
       [](auto& g) { g.spec.password_file = "gateway"; }},
      {"InvalidSpec VRRPGroup bad: spec.addresses[0].address: must be of the group's family IPv4, got "
       "2001:db8::1",
       [](auto& g) { g.spec.addresses[0].address = ip("2001:db8::1"); }},
      {"InvalidSpec VRRPGroup bad: spec.excludedAddresses[0].address: must be of the group's family IPv4, "
       "got "
       "2001:db8::1",
       [](auto& g) {
         g.spec.excluded_addresses = {{ip("2001:db8::1"), 128}};
       }},
      {"InvalidSpec VRRPGroup bad: spec.members[1].unicastAddress: must be of the group's family IPv4, got "
       "2001:db8::1",
       [](auto& g) { g.spec.members[1].unicast_address = ip("2001:db8::1"); }},
      {"InvalidSpec VRRPGroup bad: spec.foreignPeers[0].address: must be of the group's family IPv4, got "
       "2001:db8::1",
       [](auto& g) {
         g.spec.foreign_peers = {{ip("2001:db8::1"), 255}};
       }},
  };
  for (const auto& row : table) {
    auto bad = group("bad");
    row.change(bad);
    auto good = group("good");
    good.spec.virtual_router_id = 52;
    good.spec.addresses[0].address = ip("192.0.2.11");
    const auto made = plan_of({bad, good}, {});
    EXPECT_THAT(texts(made.problems), ElementsAre(row.text));
    EXPECT_THAT(made.plan.groups, ElementsAre(Pair("good", ::testing::_)));
  }
}

TEST(GroupPlanning, RefusesNumbersOutOfRangeWithTheirPath) {
  const std::vector<RefusedGroup> table{
      {"spec.virtualRouterID", [](auto& g) { g.spec.virtual_router_id = 0; }},
      {"spec.virtualRouterID", [](auto& g) { g.spec.virtual_router_id = 256; }},
      {"spec.advertIntervalMs", [](auto& g) { g.spec.advert_interval = Milliseconds(15); }},
      {"spec.advertIntervalMs", [](auto& g) { g.spec.advert_interval = Milliseconds(40960); }},
      {"spec.members[0].priority", [](auto& g) { g.spec.members[0].priority = 0; }},
      {"spec.members[1].priority", [](auto& g) { g.spec.members[1].priority = 256; }},
      {"spec.addresses",
       [](auto& g) {
         auto next = ip("198.51.100.0");
         g.spec.addresses.clear();
         for (int i = 0; i < 256; ++i) {
           g.spec.addresses.push_back({next, 32, api::Forwarding::kDelegate, {}});
           next.increment();
         }
       }},
  };
  for (const auto& row : table) {
    auto bad = group("bad");
    row.change(bad);
    const auto made = plan_of({bad}, {});
    EXPECT_THAT(made.plan.groups, IsEmpty()) << row.text;
    ASSERT_EQ(made.problems.size(), 1U) << row.text;
    EXPECT_EQ(made.problems[0].problem.path, row.text);
    EXPECT_EQ(made.problems[0].refusal, Refusal::kInvalidSpec);
  }
}

// api.md, Names of generated objects: the younger gets VRIDInUse and is not programmed.
TEST(GroupPlanning, OfTwoGroupsWithOneVridOnOneInterfaceTheYoungerIsRefused) {
  auto older = group("z-older");
  older.meta.creation_timestamp = WallTime(Seconds(100));
  auto younger = group("a-younger");
  younger.meta.creation_timestamp = WallTime(Seconds(200));
  younger.spec.addresses[0].address = ip("192.0.2.11");
  const auto made = plan_of({older, younger}, {});
  EXPECT_THAT(made.plan.groups, ElementsAre(Pair("z-older", ::testing::_)));
  EXPECT_THAT(
      texts(made.problems),
      ElementsAre("VRIDInUse VRRPGroup a-younger: spec.virtualRouterID: 51 is that of z-older on eth0"));
}

TEST(GroupPlanning, OneVridOnTwoInterfacesIsNoCollision) {
  auto first = group("a");
  auto second = group("b");
  second.spec.members[0].interface = "eth1";
  second.spec.addresses[0].address = ip("192.0.2.11");
  EXPECT_EQ(plan_of({first, second}, {}).plan.groups.size(), 2U);
}

TEST(GroupPlanning, AnAddressOfTwoGroupsStaysWithTheOlderAndTheYoungerRunsWithoutIt) {
  auto older = group("older");
  auto younger = group("younger");
  younger.meta.creation_timestamp = WallTime(Seconds(1));
  younger.spec.virtual_router_id = 52;
  younger.spec.addresses.push_back({ip("192.0.2.11"), 32, api::Forwarding::kDelegate, {}});
  const auto made = plan_of({older, younger}, {});
  EXPECT_EQ(made.plan.groups.at("older").addresses, (std::set{ip("192.0.2.10")}));
  EXPECT_EQ(made.plan.groups.at("younger").addresses, (std::set{ip("192.0.2.11")}));
  EXPECT_THAT(
      texts(made.problems),
      ElementsAre("AddressInUse VRRPGroup younger: spec.addresses[0].address: 192.0.2.10 belongs to older"));
}

}  // namespace
}  // namespace fairlead::plan
