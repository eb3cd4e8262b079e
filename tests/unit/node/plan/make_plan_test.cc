#include "node/plan/make_plan.h"

#include <gmock/gmock.h>

#include <functional>

#include "unit/node/plan/builders.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using testing::ip;
using ::testing::IsEmpty;
using testing::member;
using ::testing::Pair;
using testing::real;
using testing::set;
using testing::sets_of;
using testing::tcp;
using ::testing::UnorderedElementsAre;
using testing::virtual_server;

const NodeIdentity kNodeA{"node-a", "uid-of-a"};

std::vector<std::string> texts(const std::vector<PlanProblem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    out.push_back(std::string(to_string(problem.refusal)) + " " + to_string(problem));
  }
  return out;
}

MadePlan plan_of(std::vector<api::VRRPGroup> groups, std::vector<api::RealServerSet> sets) {
  return make_plan(kNodeA, groups_of(std::move(groups)), sets_of(std::move(sets)), {}, Plan{});
}

api::VRRPGroup nat_group(const std::string& name) {
  auto out = group(name);
  out.spec.addresses[0].forwarding = api::Forwarding::kNat;
  return out;
}

TEST(GroupPlanning, CarriesEveryFieldOfTheGroup) {
  auto source = group("g");
  source.meta.generation = 7;
  source.spec.config_epoch = 2;
  source.spec.advert_interval = Milliseconds(250);
  source.spec.preempt = false;
  source.spec.preempt_delay = Seconds(30);
  source.spec.checksum = api::Checksum::kRfc5798;
  source.spec.fence_lifetime = Seconds(2);
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
  wanted.fence_lifetime = Seconds(2);
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

TEST(SetPlanning, CarriesEveryVirtualServerWithItsReals) {
  auto servers = set("web-v4-0", "g");
  servers.meta.generation = 3;
  auto draining = real("10.0.0.2:8080", 5);
  draining.state = api::RealState::kDraining;
  servers.spec.virtual_servers[0].scheduler = api::Scheduler::kRr;
  servers.spec.virtual_servers[0].reals = {real("10.0.0.1:8080", 9), draining};
  const auto made = plan_of({nat_group("g")}, {servers});
  VirtualServerPlan wanted{"g", api::Forwarding::kNat, api::Scheduler::kRr, {}};
  wanted.reals.insert({*net::parse_endpoint("10.0.0.1:8080"), RealServerPlan{api::Weight(9)}});
  wanted.reals.insert({*net::parse_endpoint("10.0.0.2:8080"), RealServerPlan{api::Weight(0)}});
  EXPECT_THAT(made.plan.virtual_servers, ElementsAre(Pair(tcp("192.0.2.10:80"), wanted)));
  const SetPlan plan{{"uid-web-v4-0", 3, 1}, "g", {tcp("192.0.2.10:80")}};
  EXPECT_THAT(made.plan.sets, ElementsAre(Pair(api::ObjectKey{"shop", "web-v4-0"}, plan)));
  EXPECT_THAT(made.plan.awaited, IsEmpty());
  EXPECT_THAT(made.problems, IsEmpty());
}

TEST(SetPlanning, ADelegateAddressHasNoVirtualServersAndAwaitsNone) {
  auto servers = set("web-v4-0", "g");
  servers.spec.virtual_servers[0].forwarding = api::Forwarding::kDelegate;
  const auto made = plan_of({group("g")}, {servers});
  EXPECT_THAT(made.plan.virtual_servers, IsEmpty());
  EXPECT_THAT(made.plan.awaited, IsEmpty());
}

// Fixed order of adding: guard, IPVS, eligible. A NAT address must not be held before its set arrived.
TEST(SetPlanning, ANatAddressIsAwaitedUntilItsSetArrives) {
  EXPECT_THAT(plan_of({nat_group("g")}, {}).plan.awaited, ElementsAre(ip("192.0.2.10")));
  EXPECT_THAT(plan_of({nat_group("g")}, {set("web-v4-0", "g")}).plan.awaited, IsEmpty());
}

TEST(SetPlanning, ANatAddressWithoutAnyRealServerIsNotAwaited) {
  auto servers = set("web-v4-0", "g");
  servers.spec.virtual_servers[0].reals.clear();
  const auto made = plan_of({nat_group("g")}, {servers});
  EXPECT_THAT(made.plan.awaited, IsEmpty());
  EXPECT_EQ(made.plan.virtual_servers.size(), 1U);
}

// While a VIP is released, its group stops listing it before its set goes (kubernetes.md 3).
TEST(SetPlanning, AVirtualServerWhoseAddressTheGroupDoesNotListIsLeftOutWithoutAWord) {
  auto servers = set("web-v4-0", "g");
  servers.spec.virtual_servers = {virtual_server("192.0.2.99:80", {})};
  const auto made = plan_of({group("g")}, {servers});
  EXPECT_THAT(made.plan.virtual_servers, IsEmpty());
  EXPECT_THAT(made.problems, IsEmpty());
}

TEST(SetPlanning, ASetOfAnotherGroupIsNotOurs) {
  const auto made = plan_of({nat_group("g")}, {set("web-v4-0", "other")});
  EXPECT_THAT(made.plan.virtual_servers, IsEmpty());
  EXPECT_THAT(made.plan.sets, IsEmpty());
}

// A RealServerSet has no configEpoch: an etcd restore is answered by raising its group's.
TEST(SetPlanning, TheConfigEpochOfASetIsItsGroups) {
  auto source = nat_group("g");
  source.spec.config_epoch = 4;
  const auto made = plan_of({source}, {set("web-v4-0", "g")});
  EXPECT_EQ(made.plan.sets.at({"shop", "web-v4-0"}).version.config_epoch, 4);
}

struct RefusedSet {
  std::string text;
  std::function<void(api::RealServerSet&)> change;
};

TEST(SetPlanning, RefusesWhatANodeCannotDoWithItsPath) {
  const std::vector<RefusedSet> table{
      {"NotYetSupported RealServerSet shop/bad-v4-0: spec.virtualServers[0].persistence: is not supported "
       "yet",
       [](auto& s) { s.spec.not_yet_supported = {"spec.virtualServers[0].persistence"}; }},
      {"NotYetSupported RealServerSet shop/bad-v4-0: spec.virtualServers[0].forwarding: is not supported "
       "yet: use NAT or Delegate, got DirectRouting",
       [](auto& s) { s.spec.virtual_servers[0].forwarding = api::Forwarding::kDirectRouting; }},
      {"NotYetSupported RealServerSet shop/bad-v4-0: spec.virtualServers[0].port: 0 (any port) is not "
       "supported yet",
       [](auto& s) { s.spec.virtual_servers[0].port = net::Port(0); }},
      {"InvalidSpec RealServerSet shop/bad-v4-0: spec.virtualServers[0].reals[0].port: must be 1..65535, "
       "got 0",
       [](auto& s) { s.spec.virtual_servers[0].reals[0].port = net::Port(0); }},
      {"InvalidSpec RealServerSet shop/bad-v4-0: spec.virtualServers[0].reals[0].address: must be of the "
       "virtual server's family IPv4, got 2001:db8::1",
       [](auto& s) { s.spec.virtual_servers[0].reals[0].address = ip("2001:db8::1"); }},
  };
  for (const auto& row : table) {
    auto bad = set("bad-v4-0", "g");
    row.change(bad);
    auto source = nat_group("g");
    source.spec.addresses.push_back({ip("192.0.2.11"), 32, api::Forwarding::kNat, {}});
    auto good = set("good-v4-0", "g");
    good.spec.virtual_servers[0].address = ip("192.0.2.11");
    const auto made = plan_of({source}, {bad, good});
    EXPECT_THAT(texts(made.problems), ElementsAre(row.text));
    EXPECT_THAT(made.plan.virtual_servers, ElementsAre(Pair(tcp("192.0.2.11:80"), ::testing::_)));
    EXPECT_THAT(made.plan.awaited, ElementsAre(ip("192.0.2.10")));
  }
}

TEST(SetPlanning, TwoSetsWithOneVirtualServerAreTheFirstOnesAndAProblem) {
  const auto made = plan_of({nat_group("g")}, {set("a-v4-0", "g"), set("b-v4-0", "g")});
  EXPECT_EQ(made.plan.virtual_servers.size(), 1U);
  EXPECT_THAT(texts(made.problems),
              ElementsAre("AddressInUse RealServerSet shop/b-v4-0: spec.virtualServers[0]: TCP 192.0.2.10:80 "
                          "is described by another RealServerSet"));
}

api::RealServerSet slice(int index, int count, const std::string& endpoint) {
  auto out = set("web-v4-" + std::to_string(index), "g");
  out.spec.slice_index = index;
  out.spec.slice_count = count;
  out.spec.virtual_servers = {virtual_server(endpoint, {real("10.0.0.1:8080", 1)})};
  return out;
}

TEST(SetSlices, AllOfThemTogetherMakeTheVirtualServers) {
  const auto made = plan_of({nat_group("g")}, {slice(0, 2, "192.0.2.10:80"), slice(1, 2, "192.0.2.10:443")});
  EXPECT_THAT(made.plan.virtual_servers, UnorderedElementsAre(Pair(tcp("192.0.2.10:80"), ::testing::_),
                                                              Pair(tcp("192.0.2.10:443"), ::testing::_)));
  EXPECT_THAT(made.plan.awaited, IsEmpty());
}

TEST(SetSlices, UntilAllAreVisibleNothingIsRemoved) {
  const auto groups = groups_of({nat_group("g")});
  const auto before = make_plan(kNodeA, groups, sets_of({slice(0, 1, "192.0.2.10:80")}), {}, Plan{});
  // The server moved to slice 1, which is not visible yet.
  const auto between = make_plan(kNodeA, groups, sets_of({slice(0, 2, "192.0.2.10:443")}), {}, before.plan);
  EXPECT_THAT(between.plan.virtual_servers, UnorderedElementsAre(Pair(tcp("192.0.2.10:80"), ::testing::_),
                                                                 Pair(tcp("192.0.2.10:443"), ::testing::_)));
  EXPECT_THAT(between.plan.awaited, IsEmpty());
  const auto after =
      make_plan(kNodeA, groups, sets_of({slice(0, 2, "192.0.2.10:443"), slice(1, 2, "192.0.2.10:81")}), {},
                between.plan);
  EXPECT_THAT(after.plan.virtual_servers, UnorderedElementsAre(Pair(tcp("192.0.2.10:81"), ::testing::_),
                                                               Pair(tcp("192.0.2.10:443"), ::testing::_)));
}

TEST(SetSlices, AnAddressWhoseSlicesWereNeverAllVisibleIsAwaited) {
  EXPECT_THAT(plan_of({nat_group("g")}, {slice(1, 2, "192.0.2.10:80")}).plan.awaited,
              ElementsAre(ip("192.0.2.10")));
}

TEST(SetSlices, ASliceBeyondTheCountOfTheFirstIsLeftOut) {
  const auto made = plan_of({nat_group("g")}, {slice(0, 1, "192.0.2.10:80"), slice(1, 2, "192.0.2.10:443")});
  EXPECT_THAT(made.plan.virtual_servers, ElementsAre(Pair(tcp("192.0.2.10:80"), ::testing::_)));
}

}  // namespace
}  // namespace fairlead::plan
