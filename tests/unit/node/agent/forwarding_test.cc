#include "node/agent/forwarding.h"

#include <string>
#include <utility>

#include "support/captured_log.h"
#include "unit/node/agent/forwarding_fixture.h"

// The fixed orders of architecture.md 5 as the forwarding thread keeps them: add: guard -> IPVS -> ready;
// remove: address gone -> IPVS -> guard. And whose entries are touched (FN-34).
namespace fairlead::agent {
namespace {

using testing::Forwarding;
using testing::Journal;
using testing::kFenced;
using testing::kKey;
using testing::kOther;
using testing::kReal;
using testing::kSix;
using testing::kVip;

// 10.2: no VIP is held before the vrrp thread has read this.
TEST_F(Forwarding, AnswersTheWishForAFenceOnceItWasTried) {
  agent->order(serving(1));
  EXPECT_EQ(report.fence, FenceReport{});
  auto wish = vrrp(1, {});
  wish.fenced = {kFenced};
  agent->held(wish);
  EXPECT_EQ(fence_fake->held, std::vector{kFenced});
  EXPECT_EQ(report.fence, (FenceReport{{kFenced}, {kFenced}, ""}));
}

// FN-32: a turn of several steps, each of which may wait, is no loop that hangs.
TEST_F(Forwarding, TellsAfterEachStepThatItStillMoves) {
  agent->order(serving(1));
  EXPECT_EQ(moves, 6);  // guard; IPVS: what is there, services, servers; connection tracking; guard
  auto wish = vrrp(1, {});
  wish.fenced = {kFenced};
  agent->held(wish);
  EXPECT_EQ(moves, 7);
}

// Each waits for up to 10 s.
TEST_F(Forwarding, AfterAnUpdateOfTheGuardThatDoesNotEndNoOtherIsTriedInThatTurn) {
  agent->order(serving(1));
  const int before = nft_fake->tries;
  nft_fake->hangs = true;
  auto order = serving(2);
  order.virtual_servers[{kVip, net::Protocol::kTcp, net::Port(81)}] = order.virtual_servers[kKey];
  agent->order(order);
  EXPECT_EQ(nft_fake->tries, before + 1);
}

// Another hand may have been in the table.
TEST_F(Forwarding, AnUpdateOfTheGuardThatIsRefusedIsFollowedByTheWholeTable) {
  agent->order(serving(1));
  const int before = nft_fake->tries;
  nft_fake->refuses = true;
  auto order = serving(2);
  order.virtual_servers[{kVip, net::Protocol::kTcp, net::Port(81)}] = order.virtual_servers[kKey];
  agent->order(order);
  EXPECT_EQ(nft_fake->tries, before + 2);
}

// The fence that a dead run left keeps silent what else it left.
TEST_F(Forwarding, LeavesTheFenceAloneUntilThereIsAPlan) {
  agent->held(vrrp(0, {kVip}));
  EXPECT_EQ(fence_fake->applied, 0);
  agent->held(vrrp(1, {}));
  EXPECT_EQ(fence_fake->applied, 1);
}

TEST_F(Forwarding, AFenceThatTheKernelRefusesKeepsNoVipFromBeingReady) {
  fence_fake->fails = fail(Code::kNotFound, "no egress hook");
  agent->order(serving(1));
  auto wish = vrrp(1, {});
  wish.fenced = {kFenced};
  agent->held(wish);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.fence, (FenceReport{{kFenced}, {}, "no egress hook"}));
}

// architecture.md 5: guard -> IPVS -> eligible.
TEST_F(Forwarding, AddsTheGuardThenIpvsThenSaysReady) {
  agent->order(serving(1));
  ASSERT_TRUE(happened("guard changed"));
  EXPECT_LT(at("guard changed"), at("add service TCP 192.0.2.100:80"));
  EXPECT_LT(at("add service TCP 192.0.2.100:80"), at("report: ready"));
  EXPECT_FALSE(happened("report: not ready"));
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.size(), 1U);
  EXPECT_EQ(report.usable_reals.at(kKey), 1);
}

// datapath.md 3, 5: "IPv6: same with ip6".
TEST_F(Forwarding, NatOverIPv6IsCarriedOutBesideIPv4) {
  agent->order(serving_both(1, api::Forwarding::kNat));
  EXPECT_EQ(report.ready, (std::set<net::IpAddress>{kVip, kSix.address}));
  EXPECT_EQ(ipvs_fake->table.at(kSix).service.netmask, ipvs::kIPv6Host);
  EXPECT_EQ(report.usable_reals.at(kSix), 1);
  EXPECT_TRUE(report.problems.empty());
  EXPECT_NE(nft_fake->texts.back().find("float6 { 2001:db8::100 : 2001:db8::100 }"), std::string::npos);
}

// FN-28. A host that masquerades IPv4 alone need be no router of IPv6.
TEST_F(Forwarding, TheSettingOfIPv6CountsWhileNatOverIPv6IsOrdered) {
  host_fake->wrong[kernel::NeededBy::kNatOverIPv6] = {kernel::kForwardIPv6, "1", "0"};
  agent->order(serving(1));
  EXPECT_TRUE(report.problems.empty());
  agent->order(serving_both(2, api::Forwarding::kDirectRouting));
  EXPECT_TRUE(report.problems.empty());
  EXPECT_TRUE(report.ready.contains(kSix.address));
  agent->order(serving_both(3, api::Forwarding::kNat));
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].reason, "HostNotPrepared");
  EXPECT_NE(report.problems[0].message.find("net.ipv6.conf.all.forwarding is 0, must be 1"),
            std::string::npos);
  EXPECT_EQ(report.ready, std::set<net::IpAddress>{kVip});  // never elected for what it cannot serve
  agent->order(serving(4));
  EXPECT_TRUE(report.problems.empty());
}

TEST_F(Forwarding, WithoutVirtualServersNoSettingMatters) {
  host_fake->wrong[kernel::NeededBy::kForwarding] = {"net.ipv4.ip_forward", "1", "0"};
  agent->order(serving(1));
  EXPECT_EQ(report.problems.size(), 1U);
  agent->order(empty(2));
  EXPECT_TRUE(report.problems.empty());
}

// onNoEndpoints Reject: without a real server IPVS refuses, and the VIP is held.
TEST_F(Forwarding, AVirtualServerWithoutRealServersIsReadyToo) {
  auto order = serving(1);
  order.virtual_servers[kKey].reals.clear();
  agent->order(order);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_EQ(report.usable_reals.at(kKey), 0);
}

// architecture.md 5: address gone (acknowledged) -> IPVS -> guard.
TEST_F(Forwarding, KeepsIpvsAndGuardOfAVipThatLeftUntilItsAddressIsGone) {
  agent->order(serving(1));
  agent->held(vrrp(1, {kVip}));
  agent->order(empty(2));
  agent->held(vrrp(1, {}));  // speaks of the plan before: proves nothing
  agent->held(vrrp(2, {kVip}));
  EXPECT_TRUE(ipvs_fake->table.contains(kKey));
  EXPECT_TRUE(nft_fake->there);

  agent->held(vrrp(2, {}));
  EXPECT_FALSE(ipvs_fake->table.contains(kKey));
  EXPECT_FALSE(nft_fake->there);
  EXPECT_LT(at("delete service TCP 192.0.2.100:80"), at("guard removed"));
}

TEST_F(Forwarding, WithoutAGuardThereIsNoServiceAndTheVipIsNotReady) {
  nft_fake->refuses = true;
  agent->order(serving(1));
  EXPECT_TRUE(ipvs_fake->table.empty());
  EXPECT_FALSE(report.ready.contains(kVip));
  EXPECT_FALSE(report.problems.empty());
}

TEST_F(Forwarding, WithoutIpvsInTheKernelTheVipIsNotReadyAndOthersAre) {
  ipvs_fake->broken = true;
  auto order = serving(1);
  order.vips.insert(kOther);  // Delegate: no virtual server
  agent->order(order);
  EXPECT_EQ(report.ready, std::set<net::IpAddress>{kOther});
  EXPECT_FALSE(report.problems.empty());
}

TEST_F(Forwarding, WithoutIpvsInTheKernelNothingIsMissedOnceNoVipWantsIt) {
  ipvs_fake->broken = true;
  agent->order(serving(1));
  ASSERT_FALSE(report.problems.empty());
  ForwardingOrder none;
  none.sequence = 2;
  agent->order(none);
  EXPECT_TRUE(report.problems.empty());
}

TEST_F(Forwarding, DelegateVipsAreReadyAtOnceAndNothingIsProgrammed) {
  ForwardingOrder order;
  order.sequence = 1;
  order.vips = {kOther};
  agent->order(order);
  EXPECT_EQ(report.ready, std::set<net::IpAddress>{kOther});
  EXPECT_TRUE(nft_fake->texts.empty());
  EXPECT_TRUE(ipvs_fake->table.empty());
}

// FN-34: never taken over.
TEST_F(Forwarding, AServiceOfSomebodyElseOnAWantedKeyIsLeftAloneAndNamed) {
  const ipvs::Entry foreign{{"wrr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  ipvs_fake->table[kKey] = foreign;
  agent->order(serving(1));
  EXPECT_EQ(ipvs_fake->table.at(kKey), foreign);
  EXPECT_EQ(report.foreign, std::set<plan::VirtualServerKey>{kKey});
  EXPECT_FALSE(report.ready.contains(kVip));
}

// FN-36: what the checkpoint owns is adopted and corrected; what is no longer wanted goes.
TEST_F(Forwarding, WhatAnEarlierRunProgrammedIsCorrectedOrRemoved) {
  const plan::VirtualServerKey old{kOther, net::Protocol::kTcp, net::Port(443)};
  ipvs_fake->table[kKey] = {{"wlc", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  ipvs_fake->table[old] = {{"rr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  auto order = serving(1);
  order.owned = {kKey, old};
  // Who might connect to what has left the plan nobody knows.
  nft_fake->elements = filter::element_count(filter::guard({{kKey, {}}, {old, {{}, filter::Clients{}}}}));
  agent->order(order);
  EXPECT_EQ(ipvs_fake->table.at(kKey).service.scheduler, "rr");
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.size(), 1U);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_TRUE(ipvs_fake->table.contains(old));  // its address may still be there
  agent->held(vrrp(1, {}));
  EXPECT_FALSE(ipvs_fake->table.contains(old));
}

// I-6: what is neither wanted nor ours is not touched, whatever happens to ours.
TEST_F(Forwarding, ForeignServicesAreEqualBeforeAndAfter) {
  const plan::VirtualServerKey theirs{kOther, net::Protocol::kUdp, net::Port(53)};
  const ipvs::Entry foreign{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {{kReal, {}}}};
  ipvs_fake->table[theirs] = foreign;
  agent->order(serving(1));
  agent->order(empty(2));
  agent->held(vrrp(2, {}));
  EXPECT_EQ(ipvs_fake->table, (ipvs::Table{{theirs, foreign}}));
}

TEST_F(Forwarding, TheSameOrderAgainChangesNothing) {
  agent->order(serving(1));
  const auto before = journal.size();
  agent->order(serving(2));
  EXPECT_EQ(Journal(journal.begin() + static_cast<std::ptrdiff_t>(before), journal.end()),
            Journal{"report: ready"});
}

// A new one never waits for the old one, which is drained.
TEST_F(Forwarding, AReplacedServerLosesItsWeightOnceTheNewOneIsThere) {
  agent->order(serving(1));
  auto order = serving(2);
  order.virtual_servers[kKey].reals = {
      {{*net::parse_address("192.0.2.22"), net::Port(8080)}, {api::Weight(1)}}};
  agent->order(order);
  EXPECT_LT(at("add server 192.0.2.22:8080 of TCP 192.0.2.100:80"),
            at("set server 192.0.2.21:8080 of TCP 192.0.2.100:80"));
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.at(kReal).weight, ipvs::Weight(0));
  EXPECT_FALSE(happened("delete server 192.0.2.21:8080 of TCP 192.0.2.100:80"));
}

// docs/messages.md: what repeats is one line per change.
TEST_F(Forwarding, OneLineOfConnectionsThatCannotBeForgottenHoweverManyServersCome) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  host_fake->keeps_connections = true;
  auto order = serving(1);
  for (std::uint16_t port = 81; port < 90; ++port) {
    ++order.sequence;
    order.virtual_servers[{kVip, net::Protocol::kTcp, net::Port(port)}] = order.virtual_servers[kKey];
    nft_fake->elements = filter::element_count(testing::guard_of(keys_of(order)));
    agent->order(order);
  }
  EXPECT_EQ(log.count("forwarding.connections_kept"), 1);
}

// datapath.md 5, kubernetes#101607.
TEST_F(Forwarding, ConnectionsThatCouldNotBeForgottenAreTriedAgainUntilTheyAre) {
  host_fake->keeps_connections = true;
  agent->order(serving(1));
  agent->order(serving(2));
  host_fake->keeps_connections = false;
  agent->order(serving(3));
  agent->order(serving(4));
  const std::set<plan::VirtualServerKey> one{kKey};
  EXPECT_EQ(host_fake->asked_to_take_over, (std::vector{one, one, one}));
}

// docs/metrics.md: from a new plan to guard and IPVS holding it.
TEST_F(Forwarding, WhatIsNotProgrammedIsNotMeasuredAsProgrammed) {
  const auto measured = [&] {
    return metrics.render().find("fairlead_node_event_to_programmed_seconds_count 1") != std::string::npos;
  };
  nft_fake->refuses = true;  // so nothing may go to IPVS
  agent->order(serving(1));
  EXPECT_FALSE(measured());
  nft_fake->refuses = false;
  ipvs_fake->broken = true;
  agent->order(serving(2));
  EXPECT_FALSE(measured());
  ipvs_fake->broken = false;
  agent->order(serving(3));
  EXPECT_TRUE(measured());
}

}  // namespace
}  // namespace fairlead::agent
