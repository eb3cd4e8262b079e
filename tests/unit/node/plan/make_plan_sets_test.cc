#include "node/plan/make_plan.h"

#include <gmock/gmock.h>

#include <functional>

#include "unit/node/plan/planning.h"

// RealServerSets and their slices.
namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::group;
using testing::groups_of;
using testing::ip;
using ::testing::IsEmpty;
using testing::kNodeA;
using testing::nat_group;
using ::testing::Pair;
using testing::plan_of;
using testing::real;
using testing::set;
using testing::sets_of;
using testing::tcp;
using testing::texts;
using ::testing::UnorderedElementsAre;
using testing::virtual_server;

TEST(SetPlanning, CarriesEveryVirtualServerWithItsReals) {
  auto servers = set("web-v4-0", "g");
  servers.meta.generation = 3;
  auto draining = real("10.0.0.2:8080", 0);
  draining.state = api::RealState::kDraining;
  servers.spec.virtual_servers[0].scheduler = api::Scheduler::kRr;
  servers.spec.virtual_servers[0].reals = {real("10.0.0.1:8080", 9), draining};
  const auto made = plan_of({nat_group("g")}, {servers});
  VirtualServerPlan wanted{"g", api::Forwarding::kNat, api::Scheduler::kRr, {}};
  wanted.reals.insert({*net::parse_endpoint("10.0.0.1:8080"), RealServerPlan{api::Weight(9)}});
  wanted.reals.insert({*net::parse_endpoint("10.0.0.2:8080"), RealServerPlan{api::Weight(0)}});
  EXPECT_THAT(made.plan.virtual_servers, ElementsAre(Pair(tcp("192.0.2.10:80"), wanted)));
  const SetPlan plan{{"uid-web-v4-0", 3, 1}, "g", {{tcp("192.0.2.10:80"), 0, 2}}};
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
      {"NotYetSupported RealServerSet shop/bad-v4-0: spec.virtualServers[0].sourceRanges: is not supported "
       "yet",
       [](auto& s) { s.spec.not_yet_supported = {"spec.virtualServers[0].sourceRanges"}; }},
      {"InvalidSpec RealServerSet shop/bad-v4-0: spec.virtualServers[0].onePacket: true is allowed for UDP "
       "with forwarding DirectRouting or Tunnel only",
       [](auto& s) { s.spec.virtual_servers[0].traffic.one_packet = true; }},
      {"InvalidSpec RealServerSet shop/bad-v4-0: spec.virtualServers[0].persistence.prefixLength: must be "
       "1..32 with an IPv4 address, got 64",
       [](auto& s) {
         s.spec.virtual_servers[0].traffic.persistence = api::Persistence{Seconds(60), 64};
       }},
      {"NotYetSupported RealServerSet shop/bad-v4-0: spec.virtualServers[0].forwarding: is not supported "
       "yet: use NAT, DirectRouting or Delegate, got Tunnel",
       [](auto& s) { s.spec.virtual_servers[0].forwarding = api::Forwarding::kTunnel; }},
      {"InvalidSpec RealServerSet shop/bad-v4-0: spec.virtualServers[0].reals[0].port: must equal the "
       "virtual "
       "server's port 80 with forwarding DirectRouting, got 8080",
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

// datapath.md 3, W3: what checks, forwarding and traffic say goes to the data path as it is.
TEST(SetPlanning, DirectRoutingChecksAndTrafficAreOfThePlan) {
  auto servers = set("web-v4-0", "g");
  auto& server = servers.spec.virtual_servers[0];
  server.forwarding = api::Forwarding::kDirectRouting;
  server.reals = {real("10.0.0.1:80", 1)};
  server.health_checks = {api::HealthCheck{}};
  server.on_unhealthy = api::OnUnhealthy::kRemove;
  server.traffic.persistence = api::Persistence{Seconds(60), 24};
  server.traffic.connection_limits = {100, 50};
  const auto made = plan_of({nat_group("g")}, {servers});
  EXPECT_THAT(made.problems, IsEmpty());
  const auto& plan = made.plan.virtual_servers.at(tcp("192.0.2.10:80"));
  EXPECT_EQ(plan.forwarding, api::Forwarding::kDirectRouting);
  EXPECT_EQ(plan.checks, server.health_checks);
  EXPECT_EQ(plan.on_unhealthy, api::OnUnhealthy::kRemove);
  EXPECT_EQ(plan.traffic, server.traffic);
}

// datapath.md 5: no mixed VIP.
TEST(SetPlanning, AnAddressHasTheForwardingOfItsFirstVirtualServer) {
  auto nat = set("a-v4-0", "g");
  auto direct = set("b-v4-0", "g");
  direct.spec.virtual_servers = {virtual_server("192.0.2.10:81", {real("10.0.0.1:81", 1)})};
  direct.spec.virtual_servers[0].forwarding = api::Forwarding::kDirectRouting;
  const auto made = plan_of({nat_group("g")}, {nat, direct});
  EXPECT_THAT(made.plan.virtual_servers, ElementsAre(Pair(tcp("192.0.2.10:80"), ::testing::_)));
  EXPECT_THAT(
      texts(made.problems),
      ElementsAre("InvalidSpec RealServerSet shop/b-v4-0: spec.virtualServers[0].forwarding: must be NAT, as "
                  "of the other virtual servers of 192.0.2.10, got DirectRouting"));
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

// A virtual server of more than 1,000 real servers.
api::RealServerSet slice_of_one(int index, int count, std::vector<api::RealServer> reals) {
  auto out = slice(index, count, "192.0.2.10:80");
  out.spec.virtual_servers[0].reals = std::move(reals);
  return out;
}

std::vector<std::string> reals_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& [endpoint, real] : plan.virtual_servers.at(tcp("192.0.2.10:80")).reals)
    out.push_back(net::to_string(endpoint) + " " + std::to_string(real.weight.value()));
  return out;
}

TEST(SetSlices, TheRealServersOfOneVirtualServerInSeveralAreAllServed) {
  const auto made =
      plan_of({nat_group("g")},
              {slice_of_one(0, 3, {real("10.0.0.1:80", 1), real("10.0.0.3:80", 1)}),
               slice_of_one(1, 3, {real("10.0.0.2:80", 1)}), slice_of_one(2, 3, {real("10.0.0.4:80", 1)})});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(reals_of(made.plan),
              ElementsAre("10.0.0.1:80 1", "10.0.0.2:80 1", "10.0.0.3:80 1", "10.0.0.4:80 1"));
  const auto part_of = [&](int index) {
    return made.plan.sets.at({"shop", "web-v4-" + std::to_string(index)}).servers;
  };
  EXPECT_THAT(part_of(0), ElementsAre(SetPart{tcp("192.0.2.10:80"), 0, 2}));
  EXPECT_THAT(part_of(1), ElementsAre(SetPart{tcp("192.0.2.10:80"), 2, 1}));
  EXPECT_THAT(part_of(2), ElementsAre(SetPart{tcp("192.0.2.10:80"), 3, 1}));
}

TEST(SetSlices, OfOneVirtualServerNoRealServerIsRemovedUntilAllAreVisible) {
  const auto groups = groups_of({nat_group("g")});
  const auto first = slice_of_one(0, 2, {real("10.0.0.1:80", 1), real("10.0.0.2:80", 1)});
  const auto second = slice_of_one(1, 2, {real("10.0.0.3:80", 1)});
  const auto before = make_plan(kNodeA, groups, sets_of({first, second}), {}, Plan{});
  const auto newer = slice_of_one(0, 2, {real("10.0.0.1:80", 5)});
  const auto between = make_plan(kNodeA, groups, sets_of({newer}), {}, before.plan);
  EXPECT_THAT(reals_of(between.plan), ElementsAre("10.0.0.1:80 5", "10.0.0.2:80 1", "10.0.0.3:80 1"));
  const auto after = make_plan(kNodeA, groups, sets_of({newer, second}), {}, between.plan);
  EXPECT_THAT(reals_of(after.plan), ElementsAre("10.0.0.1:80 5", "10.0.0.3:80 1"));
}

TEST(SetSlices, WhileTheyDifferTheFirstHasItsWay) {
  auto first = slice_of_one(0, 2, {real("10.0.0.1:80", 1)});
  first.spec.virtual_servers[0].scheduler = api::Scheduler::kRr;
  const auto made = plan_of({nat_group("g")}, {first, slice_of_one(1, 2, {real("10.0.0.2:80", 1)})});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_EQ(made.plan.virtual_servers.at(tcp("192.0.2.10:80")).scheduler, api::Scheduler::kRr);
  EXPECT_THAT(reals_of(made.plan), ElementsAre("10.0.0.1:80 1", "10.0.0.2:80 1"));
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
