#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/captured_log.h"
#include "support/vrrp_thread.h"

// What the vrrp thread makes of others it hears: strangers with our VRID, clones of us, speakers whom we do
// not understand, or who do not understand us.
namespace fairlead::agent {
namespace {

const net::IpAddress kForeign = ip("192.0.2.200");

std::string odd(const std::string& what) {
  return "fairlead_node_vrrp_odd_adverts_total{group=\"a\",what=\"" + what + "\"}";
}

class Peer : public testing::Test {
 protected:
  void start() { thread.run(group_plan()); }
  // A stranger with our VRID advertises for so long.
  void stranger(int priority, Microseconds span) {
    for (Microseconds at{0}; at < span; at += Milliseconds(250)) {
      thread.hear_from("192.0.2.8", priority, {kForeign});
      thread.world.pass(Milliseconds(250));
    }
  }
  // A version-2 advert of VRID 51 arrives.
  void hear_v2(std::string_view sender, int seconds, const vrrp::Form& form) {
    thread.world.receive(
        2, ip(sender),
        {vrrp::VirtualRouterId(51), vrrp::Priority(100), vrrp::Centiseconds(100 * seconds), {kA, kB}}, form);
    thread.adverts->tell();
  }
  VrrpThread thread;
};
using Stranger = Peer;

// FN-21: listening before use finds who is there, and he is left alone, whatever his priority.
TEST_F(Stranger, HeardBeforeUseKeepsTheRouterBackupAndIsACondition) {
  start();
  stranger(1, Seconds(30));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.condition("VRIDInUse"),
            "192.0.2.8 advertises other addresses under our virtual router ID");
  EXPECT_EQ(thread.metric(odd("VRIDInUse")), 120);
}

TEST_F(Stranger, WhoFallsSilentIsForgottenAfterTenSeconds) {
  start();
  stranger(1, Seconds(2));
  thread.world.pass(Milliseconds(1000));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  thread.world.pass(Milliseconds(8749));
  EXPECT_NE(thread.condition("VRIDInUse"), "");
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.condition("VRIDInUse"), "");
}

// One who advertises more rarely than we listen, heard before we could start.
TEST_F(Stranger, HeardBeforeTheStartCountsByHisOwnInterval) {
  thread.order({group_plan()});
  thread.world.receive(2, ip("192.0.2.8"),
                       {vrrp::VirtualRouterId(51), vrrp::Priority(100), vrrp::Centiseconds(100), {kForeign}});
  thread.adverts->tell();
  thread.ready({kA, kB});
  thread.world.pass(Milliseconds(3218));  // 3 s and Skew_Time at 1 s
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Once Active the RFC's order decides, with the condition.
TEST_F(Stranger, HeardWhileActiveIsJudgedByRank) {
  thread.become_active(group_plan());
  thread.hear_from("192.0.2.8", 100, {kForeign});
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_NE(thread.condition("VRIDInUse"), "");
  thread.hear_from("192.0.2.8", 250, {kForeign});
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST_F(Stranger, IsNobodyWhoListsOneOfOurAddressesEvenOneThatIsNotReady) {
  thread.order({test::with_addresses(group_plan(), {kA, kB, kForeign})});
  thread.hear_from("192.0.2.8", 100, {kForeign});
  EXPECT_EQ(thread.condition("VRIDInUse"), "");
}

TEST_F(Stranger, IsNobodyWhoOnceListedOneOfOurAddresses) {
  start();
  thread.hear_from("192.0.2.8", 100, {kA});
  stranger(100, Seconds(2));  // every address of the group was exchanged there already
  EXPECT_EQ(thread.condition("VRIDInUse"), "");
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// VR-017: two Fairleads with one VRID in a segment have the same link-local address, and nothing else in
// common.
TEST_F(Stranger, OverIpv6IsKnownInSpiteOfTheLinkLocalAddressThatTheVridHasEverywhere) {
  auto plan = group_plan();
  plan.family = net::Family::kIPv6;
  plan.addresses = {ip("fe80::5eff:fe00:233"), ip("2001:db8::100")};
  thread.world.interfaces[2].addresses.push_back(
      {*net::parse_prefix("fe80::1/64"), false, true, false, false, false, false});
  const vrrp::Endpoints endpoints{ip("fe80::9"), vrrp::multicast_group(net::Family::kIPv6)};
  const auto hear = [&](const std::vector<net::IpAddress>& addresses) {
    const vrrp::Advertisement advert{vrrp::VirtualRouterId(51), vrrp::Priority(100), vrrp::Centiseconds(25),
                                     addresses};
    thread.world.waiting.push_back(
        {{2, net::Family::kIPv6},
         vrrp::Ipv6Message{endpoints, 255, vrrp::encode(advert, vrrp::Form{}, endpoints)}});
    thread.adverts->tell();
  };
  thread.order({plan});
  thread.ready(plan.addresses);
  hear({ip("fe80::5eff:fe00:233"), ip("2001:db8::200")});
  EXPECT_EQ(thread.condition("VRIDInUse"), "fe80::9 advertises other addresses under our virtual router ID");
  hear({ip("fe80::5eff:fe00:233"), ip("2001:db8::100")});
  thread.world.pass(Seconds(11));
  EXPECT_EQ(thread.condition("VRIDInUse"), "");
}

TEST_F(Stranger, IsNoConfiguredPeer) {
  auto plan = group_plan();
  plan.unicast = plan::Unicast{std::nullopt, {{ip("192.0.2.8"), 255}}};
  thread.order({plan});
  thread.ready({kA, kB});
  stranger(100, Seconds(2));
  EXPECT_EQ(thread.condition("VRIDInUse"), "");
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Senders can be made up.
TEST_F(Stranger, ThousandsOfThemAreOneConditionAndOneLine) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  start();
  const std::size_t reports = thread.reports.size();
  for (int i = 0; i < 5000; ++i) {
    thread.hear_from("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1), 1, {kForeign});
  }
  EXPECT_EQ(thread.condition("VRIDInUse").substr(0, 9), "10.0.0.1 ");
  EXPECT_LE(thread.reports.size(), reports + 1);
  EXPECT_EQ(log.count("vrrp.peer_odd"), 1);
}

// FN-18, VR-103: what comes from our own address changes nothing, and if it goes on, somebody has it, too.
TEST_F(Peer, WithOurOwnAddressIsACloneOnceItIsHeardAgainAndAgain) {
  thread.become_active(group_plan());
  for (int i = 0; i < 2; ++i) thread.hear_from("192.0.2.1", 250, {kA, kB});
  EXPECT_EQ(thread.condition("DuplicateAddress"), "");
  thread.hear_from("192.0.2.1", 250, {kA, kB});
  EXPECT_NE(thread.condition("DuplicateAddress"), "");
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.writes(), Journal());
  thread.world.pass(Seconds(10));
  EXPECT_EQ(thread.condition("DuplicateAddress"), "");
}

// V2-05: another interval is dropped, which means two masters: people must know.
TEST_F(Peer, OfVersion2WithAnotherIntervalIsAMismatchUntilSilentForTenSeconds) {
  auto plan = test::with_interval(group_plan(), 100);
  plan.vrrp_version = vrrp::Version::k2;
  thread.become_active(plan);
  hear_v2("192.0.2.9", 2, {vrrp::Version::k2, vrrp::ChecksumForm::kRfc9568, std::nullopt});
  EXPECT_EQ(thread.condition("AdvertMismatch"), "adverts of 192.0.2.9 are refused: interval");
  thread.world.pass(Milliseconds(9999));
  EXPECT_NE(thread.condition("AdvertMismatch"), "");
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.condition("AdvertMismatch"), "");
}

TEST_F(Peer, WithAnotherPasswordIsAMismatch) {
  auto plan = test::with_interval(group_plan(), 100);
  plan.vrrp_version = vrrp::Version::k2;
  plan.password = vrrp::make_password("1234");
  thread.become_active(plan);
  hear_v2("192.0.2.9", 1, {vrrp::Version::k2, vrrp::ChecksumForm::kRfc9568, vrrp::make_password("4321")});
  EXPECT_EQ(thread.condition("AdvertMismatch"), "adverts of 192.0.2.9 are refused: authentication");
  hear_v2("192.0.2.8", 1, {vrrp::Version::k2, vrrp::ChecksumForm::kRfc9568, std::nullopt});
  EXPECT_EQ(thread.condition("AdvertMismatch"), "adverts of 192.0.2.9 are refused: authentication");
}

TEST_F(Peer, OfAnotherVersionIsAMismatch) {
  thread.become_active(group_plan());
  hear_v2("192.0.2.9", 1, {vrrp::Version::k2, vrrp::ChecksumForm::kRfc9568, std::nullopt});
  EXPECT_EQ(thread.condition("AdvertMismatch"), "adverts of 192.0.2.9 are refused: version");
}

// vrrp.md 6: a peer of the old form drops our adverts, says one word, and is mute while we speak.
TEST_F(Peer, OfTheOtherChecksumFormIsKnownByOneAdvertForAMinute) {
  thread.become_active(group_plan());
  thread.world.receive(2, ip("192.0.2.9"),
                       {vrrp::VirtualRouterId(51), vrrp::Priority(100), vrrp::Centiseconds(25), {kA, kB}},
                       {vrrp::Version::k3, vrrp::ChecksumForm::kRfc5798, std::nullopt});
  thread.adverts->tell();
  EXPECT_EQ(thread.condition("AdvertMismatch"),
            "192.0.2.9 sends the other checksum form, and may not understand ours (RFC9568)");
  EXPECT_EQ(thread.metric(odd("ChecksumForm")), 1);
  thread.world.pass(Milliseconds(59999));
  EXPECT_NE(thread.condition("AdvertMismatch"), "");
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.condition("AdvertMismatch"), "");
}

TEST_F(Peer, WithAWrongChecksumIsKnownByOneAdvertForAMinute) {
  thread.become_active(group_plan());
  const vrrp::Endpoints endpoints{ip("192.0.2.9"), vrrp::multicast_group(net::Family::kIPv4)};
  auto message = vrrp::encode(
      {vrrp::VirtualRouterId(51), vrrp::Priority(100), vrrp::Centiseconds(25), {kA, kB}}, {}, endpoints);
  message[6] = static_cast<std::uint8_t>(message[6] ^ 0x55);
  thread.world.receive(2, endpoints, message);
  thread.adverts->tell();
  thread.world.pass(Milliseconds(59999));
  EXPECT_EQ(thread.condition("AdvertMismatch"), "adverts of 192.0.2.9 are refused: checksum");
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.condition("AdvertMismatch"), "");
}

// Unicast: others may use the VRID beside us, by multicast or between themselves.
TEST_F(Peer, ThatIsNotConfiguredIsCountedOnly) {
  auto plan = group_plan();
  plan.unicast = plan::Unicast{std::nullopt, {{ip("192.0.2.8"), 255}}};
  thread.become_active(plan);
  thread.hear(250);
  EXPECT_EQ(thread.condition("AdvertMismatch"), "");
  EXPECT_EQ(thread.metric("fairlead_node_vrrp_adverts_rejected_total{group=\"a\",reason=\"source\"}"), 1);
}

// VR-043; vrrp.md 4: above ten times our own the wait for a dead master is out of proportion.
TEST_F(Peer, WithAnIntervalFarAboveOursIsACondition) {
  start();
  const auto hear_interval = [&](int centiseconds) {
    thread.world.receive(
        2, ip("192.0.2.9"),
        {vrrp::VirtualRouterId(51), vrrp::Priority(250), vrrp::Centiseconds(centiseconds), {kA, kB}});
    thread.adverts->tell();
  };
  hear_interval(250);
  EXPECT_EQ(thread.condition("IntervalMismatch"), "");
  hear_interval(251);
  EXPECT_NE(thread.condition("IntervalMismatch"), "");
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  // Remembered for three of his intervals at least.
  hear_interval(4095);
  thread.world.pass(Seconds(120));
  EXPECT_NE(thread.condition("IntervalMismatch"), "");
  thread.world.pass(Seconds(3));
  EXPECT_EQ(thread.condition("IntervalMismatch"), "");
}

// VR-034: what follows the message is ignored, and counted; the advert counts as any other.
TEST_F(Peer, WithBytesAfterTheMessageIsObeyedToldOfAndCounted) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  start();
  const vrrp::Endpoints endpoints{ip("192.0.2.9"), vrrp::multicast_group(net::Family::kIPv4)};
  net::Bytes message =
      vrrp::encode({vrrp::VirtualRouterId(51), vrrp::Priority(250), vrrp::Centiseconds(25), {kA, kB}},
                   vrrp::Form{}, endpoints);
  message.resize(message.size() + 28);
  for (int i = 0; i < 8; ++i) {
    thread.world.receive(2, endpoints, message);
    thread.adverts->tell();
    thread.world.pass(Milliseconds(250));
  }
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.metric(odd("TrailingBytes")), 8);
  EXPECT_EQ(log.count("vrrp.peer_odd"), 1);
}

// vrrp.md 5: as the RFC says, it holds a Backup back for good; people must know.
TEST_F(Peer, WhoGivesUpOverAndOverIsACondition) {
  start();
  for (int i = 0; i < 4; ++i) thread.hear_from("192.0.2.9", 0, {kA, kB});
  EXPECT_EQ(thread.condition("PriorityZero"), "");
  for (int i = 0; i < 100; ++i) {
    thread.hear_from("192.0.2.9", 0, {kA, kB});
    thread.world.pass(Milliseconds(20));
  }
  EXPECT_EQ(thread.condition("PriorityZero"), "192.0.2.9 gives the role up over and over");
  EXPECT_EQ(thread.metric(odd("PriorityZero")), 104);
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

}  // namespace
}  // namespace fairlead::agent
