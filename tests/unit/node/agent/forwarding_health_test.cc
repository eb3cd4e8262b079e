#include <gtest/gtest.h>

#include "support/captured_log.h"
#include "unit/node/agent/forwarding_fixture.h"

// What health checks and DirectRouting do to the tables of the forwarding thread.
namespace fairlead::agent {
namespace {

using testing::kKey;
using testing::kReal;
using testing::kVip;

class ForwardingHealth : public testing::Forwarding {
 protected:
  static ForwardingOrder checked(std::uint64_t sequence) {
    ForwardingOrder order = serving(sequence);
    order.virtual_servers[kKey].checks = {api::HealthCheck{}};
    return order;
  }
  static ForwardingOrder direct(std::uint64_t sequence) {
    ForwardingOrder order = serving(sequence);
    order.virtual_servers[kKey].forwarding = api::Forwarding::kDirectRouting;
    order.virtual_servers[kKey].reals = {{kServer, {api::Weight(1)}}};
    return order;
  }
  static health::CheckKey check() {
    health::CheckKey out;
    out.target = kReal;
    return out;
  }
  std::uint32_t weight() const { return ipvs_fake->table.at(kKey).destinations.at(kReal).weight.value(); }

  inline static const net::Endpoint kServer{*net::parse_address("192.0.2.21"), net::Port(80)};
};

// datapath.md 9: unknown counts as down.
TEST_F(ForwardingHealth, AServerOfWhichNothingIsKnownHasWeightZeroAndTheVipIsReady) {
  agent->order(checked(1));
  EXPECT_EQ(weight(), 0U);
  EXPECT_EQ(report.usable_reals.at(kKey), 0);
  EXPECT_EQ(report.healths.at(kKey).at(kReal).verdict, health::Verdict::kUnknown);
  EXPECT_TRUE(report.ready.contains(kVip));
}

TEST_F(ForwardingHealth, OneThatAnswersGetsItsWeightAtOnce) {
  agent->order(checked(1));
  prober_fake->answer(check(), health::Passed{});
  run_until([&] { return report.usable_reals.at(kKey) == 1; });
  EXPECT_EQ(weight(), 1U);
  EXPECT_EQ(report.usable_reals.at(kKey), 1);
  EXPECT_EQ(report.healths.at(kKey).at(kReal), (health::RealHealth{health::Verdict::kUp, ""}));
}

TEST_F(ForwardingHealth, OneThatDoesNotAnswerIsNamedWithItsError) {
  agent->order(checked(1));
  prober_fake->answer(check(), health::Failed{health::FailureReason::kRefused, "connection refused"});
  run_until([&] { return report.healths.at(kKey).at(kReal).verdict == health::Verdict::kDown; });
  EXPECT_EQ(weight(), 0U);
  EXPECT_EQ(report.healths.at(kKey).at(kReal),
            (health::RealHealth{health::Verdict::kDown, "connection refused"}));
}

TEST_F(ForwardingHealth, RemoveTakesItOutOfTheTable) {
  auto order = checked(1);
  order.virtual_servers[kKey].on_unhealthy = api::OnUnhealthy::kRemove;
  agent->order(order);
  EXPECT_TRUE(ipvs_fake->table.at(kKey).destinations.empty());
  prober_fake->answer(check(), health::Passed{});
  run_until([&] { return report.usable_reals.at(kKey) == 1; });
  EXPECT_EQ(weight(), 1U);
}

// A restart: what an earlier run served is served on, and what it had drained stays so.
TEST_F(ForwardingHealth, WhatTheTableOfAnEarlierRunServesIsServedOn) {
  const net::Endpoint drained{*net::parse_address("192.0.2.22"), net::Port(8080)};
  ipvs_fake->table[kKey] = {{"rr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""},
                            {{kReal, {ipvs::Method::kMasquerade, ipvs::Weight{1}, 0, 0}},
                             {drained, {ipvs::Method::kMasquerade, ipvs::Weight{0}, 0, 0}}}};
  auto order = checked(1);
  order.owned = {kKey};
  order.virtual_servers[kKey].reals.insert({drained, {api::Weight(1)}});
  agent->order(order);
  EXPECT_EQ(weight(), 1U);
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.at(drained).weight, ipvs::Weight{0});
  EXPECT_EQ(report.usable_reals.at(kKey), 1);
}

// A check that is new must not stop what serves.
TEST_F(ForwardingHealth, AServerThatServedUncheckedServesOnWhenItGetsACheck) {
  agent->order(serving(1));
  agent->order(checked(2));
  EXPECT_EQ(weight(), 1U);
  EXPECT_EQ(report.healths.at(kKey).at(kReal).verdict, health::Verdict::kUp);
}

TEST_F(ForwardingHealth, AServerOfSomebodyElsesServiceProvesNothing) {
  ipvs_fake->table[kKey] = {{"rr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""},
                            {{kReal, {ipvs::Method::kMasquerade, ipvs::Weight{1}, 0, 0}}}};
  agent->order(checked(1));
  EXPECT_EQ(report.healths.at(kKey).at(kReal).verdict, health::Verdict::kUnknown);
}

TEST_F(ForwardingHealth, WhatCannotBeTriedIsACondition) {
  agent->order(checked(1));
  prober_fake->answer(check(), health::NotTried{"no room for a socket (EMFILE)"});
  run_until([&] { return !report.problems.empty(); });
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].reason, "HealthCheckNotTried");
  EXPECT_EQ(
      report.problems[0].message,
      "this node cannot check, and keeps what it knew: tcp 192.0.2.21:8080: no room for a socket (EMFILE)");
}

TEST_F(ForwardingHealth, DirectRoutingIsInTheGuardWithoutNat) {
  nft_fake->elements = 2;  // vip4, port4
  agent->order(direct(1));
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.at(kServer).method, ipvs::Method::kDirectRouting);
  EXPECT_EQ(nft_fake->texts.back().find("add element inet fairlead nat4"), std::string::npos);
  EXPECT_EQ(nft_fake->texts.back().find("add element inet fairlead float4"), std::string::npos);
}

TEST_F(ForwardingHealth, DirectRoutingToThisHostIsAConditionAndNeverReady) {
  host_fake->own.insert(kServer.address);
  agent->order(direct(1));
  EXPECT_FALSE(report.ready.contains(kVip));
  EXPECT_TRUE(ipvs_fake->table.empty());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].reason, "NotYetSupported");
  EXPECT_NE(report.problems[0].message.find("TCP 192.0.2.100:80 (192.0.2.21)"), std::string::npos);
}

// The Active keeps what became unready later: without the guard every port of the host would answer on it.
TEST_F(ForwardingHealth, AHeldVipWhoseServerTurnsOutToBeThisHostStaysGuardedAndNobodyMayConnect) {
  nft_fake->elements = 2;
  agent->order(direct(1));
  agent->held(vrrp(1, {kVip}));
  host_fake->own.insert(kServer.address);
  nft_fake->elements = 3;  // limited4, and nobody in allow4
  const auto before = journal.size();
  agent->order(direct(2));
  EXPECT_TRUE(ipvs_fake->table.empty());
  EXPECT_FALSE(report.ready.contains(kVip));
  EXPECT_TRUE(nft_fake->there);
  EXPECT_EQ(nft_fake->texts.back(), "add element inet fairlead limited4 { 192.0.2.100 . tcp . 80 }\n");
  EXPECT_EQ(journal.at(before), "guard changed");
  EXPECT_EQ(journal.at(before + 1), "delete service TCP 192.0.2.100:80");

  agent->held(vrrp(2, {}));
  EXPECT_FALSE(nft_fake->there);
}

// A VIP that is not held here may be on the loopback interface of a real server: that one has to answer.
TEST_F(ForwardingHealth, AVipThatIsHeldElsewhereIsNotGuardedOnItsRealServer) {
  host_fake->own.insert(kServer.address);
  agent->order(direct(1));
  agent->held(vrrp(1, {}));
  EXPECT_EQ(nft_fake->tries, 0);
}

// It may have become the Active just before it knew.
TEST_F(ForwardingHealth, AVipThatIsHeldAfterItsServerTurnedOutToBeThisHostIsGuarded) {
  host_fake->own.insert(kServer.address);
  agent->order(direct(1));
  nft_fake->elements = 3;
  agent->held(vrrp(1, {kVip}));
  EXPECT_TRUE(nft_fake->there);
}

// What was seen last stands, and the log has one line of it.
TEST_F(ForwardingHealth, AHostThatCannotBeReadIsWhatItWasAndToldOnce) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  host_fake->own.insert(kServer.address);
  agent->order(direct(1));
  host_fake->hides_addresses = true;
  agent->order(direct(2));
  agent->order(direct(3));
  EXPECT_FALSE(report.ready.contains(kVip));
  EXPECT_TRUE(ipvs_fake->table.empty());
  EXPECT_EQ(log.count("forwarding.host_unread"), 1);
}

// A VIP of ours is no address that a real server could have.
TEST_F(ForwardingHealth, OurOwnVipsAreNotThisHost) {
  nft_fake->elements = 2;
  host_fake->own.insert(kVip);
  agent->order(direct(1));
  EXPECT_TRUE(report.ready.contains(kVip));
}

// While a VIP goes, the guard treats it as it did.
TEST_F(ForwardingHealth, ADirectVipThatLeavesKeepsItsRouteInTheGuard) {
  nft_fake->elements = 2;
  agent->order(direct(1));
  agent->held(vrrp(1, {kVip}));
  const auto before = nft_fake->texts.size();
  agent->order(empty(2));
  agent->held(vrrp(2, {kVip}));
  EXPECT_EQ(nft_fake->texts.size(), before);
  agent->held(vrrp(2, {}));
  EXPECT_FALSE(nft_fake->there);
}

}  // namespace
}  // namespace fairlead::agent
