#include "node/agent/forwarding_servers.h"

#include <gmock/gmock.h>

#include <utility>

// Which virtual servers a node carries out, and with which real servers.
namespace fairlead::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }
net::Endpoint at(const std::string& text) { return *net::parse_endpoint(text); }
plan::VirtualServerKey tcp(const std::string& endpoint) {
  return {at(endpoint).address, net::Protocol::kTcp, at(endpoint).port};
}

plan::VirtualServerPlan server(api::Forwarding forwarding, const std::string& real) {
  plan::VirtualServerPlan out;
  out.forwarding = forwarding;
  out.reals = {{at(real), {api::Weight(1)}}};
  return out;
}

const plan::VirtualServerKey kWeb = tcp("192.0.2.100:80");
const plan::VirtualServerKey kSix = tcp("[2001:db8::100]:80");

TEST(ForwardingServers, NatIsOfBothFamilies) {
  ForwardingServers servers;
  servers.order({{kWeb, server(api::Forwarding::kNat, "10.0.0.1:8080")},
                 {kSix, server(api::Forwarding::kNat, "[2001:db8::1]:80")}});
  EXPECT_EQ(servers.wanted().size(), 2U);
  EXPECT_EQ(servers.route(kWeb.address), filter::Route::kMasqueraded);
  EXPECT_EQ(servers.route(kSix.address), filter::Route::kMasqueraded);
}

// datapath.md 6
TEST(ForwardingServers, OnlyNatOverIPv6NeedsTheHostToForwardIPv6) {
  using kernel::NeededBy;
  const auto needs = [](ForwardingServers::Servers ordered) {
    ForwardingServers servers;
    servers.order(std::move(ordered));
    return servers.needs();
  };
  EXPECT_THAT(needs({}), IsEmpty());
  EXPECT_THAT(needs({{kWeb, server(api::Forwarding::kNat, "10.0.0.1:8080")}}),
              ElementsAre(NeededBy::kForwarding));
  EXPECT_THAT(needs({{kSix, server(api::Forwarding::kDirectRouting, "[2001:db8::21]:80")}}),
              ElementsAre(NeededBy::kForwarding));
  EXPECT_THAT(needs({{kSix, server(api::Forwarding::kNat, "[2001:db8::21]:80")}}),
              ElementsAre(NeededBy::kForwarding, NeededBy::kNatOverIPv6));
}

TEST(ForwardingServers, DirectRoutingIsOfBothFamilies) {
  ForwardingServers servers;
  servers.order({{kWeb, server(api::Forwarding::kDirectRouting, "192.0.2.21:80")},
                 {kSix, server(api::Forwarding::kDirectRouting, "[2001:db8::21]:80")}});
  EXPECT_EQ(servers.wanted().size(), 2U);
  EXPECT_EQ(servers.route(kWeb.address), filter::Route::kDirect);
  EXPECT_EQ(servers.route(kSix.address), filter::Route::kDirect);
}

TEST(ForwardingServers, TheRouteOfAVipIsThatOfItsServers) {
  ForwardingServers servers;
  servers.order({{kWeb, server(api::Forwarding::kNat, "10.0.0.1:8080")}});
  EXPECT_EQ(servers.route(kWeb.address), filter::Route::kMasqueraded);
  EXPECT_EQ(servers.route(ip("192.0.2.99")), std::nullopt);
  EXPECT_EQ(servers.route(ip("192.0.2.101")), std::nullopt);
}

// datapath.md 3, W5: bounced until the TTL ends, 64 frames for each SYN.
TEST(ForwardingServers, DirectRoutingToThisHostIsSetAside) {
  ForwardingServers servers;
  servers.order({{kWeb, server(api::Forwarding::kDirectRouting, "192.0.2.1:80")},
                 {tcp("192.0.2.101:80"), server(api::Forwarding::kDirectRouting, "192.0.2.21:80")}});
  EXPECT_TRUE(servers.asks_for_host());
  EXPECT_TRUE(servers.host({ip("192.0.2.1")}));
  EXPECT_THAT(servers.looping(), ElementsAre(Pair(kWeb, at("192.0.2.1:80"))));
  EXPECT_THAT(servers.wanted(), ElementsAre(Pair(tcp("192.0.2.101:80"), ::testing::_)));
  EXPECT_FALSE(servers.host({ip("192.0.2.1"), ip("10.0.0.1")}));
  EXPECT_TRUE(servers.host({}));
  EXPECT_EQ(servers.wanted().size(), 2U);
}

TEST(ForwardingServers, DirectRoutingToLoopbackIsToThisHost) {
  ForwardingServers servers;
  servers.order({{kWeb, server(api::Forwarding::kDirectRouting, "127.0.0.1:80")}});
  EXPECT_THAT(servers.wanted(), IsEmpty());
}

// datapath.md 2: a destination that is an address of this node is delivered to a local socket.
TEST(ForwardingServers, NatToThisHostIsCarriedOut) {
  ForwardingServers servers;
  servers.order({{kWeb, server(api::Forwarding::kNat, "192.0.2.1:6443")}});
  EXPECT_FALSE(servers.asks_for_host());
  EXPECT_FALSE(servers.host({ip("192.0.2.1")}));
  EXPECT_EQ(servers.wanted().size(), 1U);
}

TEST(ForwardingServers, WhatIsServedFollowsTheChecks) {
  auto checked = server(api::Forwarding::kNat, "10.0.0.1:8080");
  checked.checks = {api::HealthCheck{}};
  const auto plain = server(api::Forwarding::kNat, "10.0.0.1:8080");
  ForwardingServers servers;
  servers.order({{kWeb, checked}, {tcp("192.0.2.101:80"), plain}});
  servers.health({});
  EXPECT_EQ(servers.served().at(kWeb).reals.at(at("10.0.0.1:8080")).weight, api::Weight(0));
  EXPECT_EQ(servers.served().at(tcp("192.0.2.101:80")), plain);
  EXPECT_THAT(servers.healths(),
              ElementsAre(Pair(kWeb, ElementsAre(Pair(at("10.0.0.1:8080"),
                                                      health::RealHealth{health::Verdict::kUnknown, ""})))));

  const auto check = *health::checks_of(checked, at("10.0.0.1:8080")).begin();
  const ForwardingServers::Checks up{{check, {health::Verdict::kUp, 0, std::nullopt, ""}}};
  servers.health({kWeb, tcp("192.0.2.99:80")}, up);
  EXPECT_EQ(servers.served().at(kWeb), checked);
  EXPECT_EQ(servers.healths().at(kWeb).at(at("10.0.0.1:8080")).verdict, health::Verdict::kUp);

  servers.order({});
  EXPECT_THAT(servers.served(), IsEmpty());
  EXPECT_THAT(servers.healths(), IsEmpty());
}

// api.md: `onUnhealthy` Drain is weight 0, Remove takes it out; only what a check took out is named.
TEST(ForwardingServers, WhatIsTakenOutIsWhatRemoveRemoved) {
  auto drained = server(api::Forwarding::kNat, "10.0.0.1:8080");
  drained.checks = {api::HealthCheck{}};
  auto removed = drained;
  removed.on_unhealthy = api::OnUnhealthy::kRemove;
  ForwardingServers servers;
  servers.order({{kWeb, removed}, {tcp("192.0.2.101:80"), drained}});
  servers.health({});
  EXPECT_THAT(servers.taken_out(), ElementsAre(Pair(kWeb, ElementsAre(at("10.0.0.1:8080")))));

  const auto check = *health::checks_of(removed, at("10.0.0.1:8080")).begin();
  servers.health({{check, {health::Verdict::kUp, 0, std::nullopt, ""}}});
  EXPECT_THAT(servers.taken_out(), IsEmpty());
}

}  // namespace
}  // namespace fairlead::agent
