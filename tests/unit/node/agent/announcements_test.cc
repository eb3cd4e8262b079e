#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "node/agent/virtual_router_announcements.h"
#include "node/neighbor/advertisement.h"
#include "node/neighbor/arp.h"

namespace fairlead::agent {
namespace {

using List = std::vector<std::string>;

const TimePoint t0{Seconds(1000)};

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

// What left, in order: "2 request 192.0.2.1", "2 reply 192.0.2.1", "2 advertisement 2001:db8::1", each with
// the last byte of the MAC.
class Noted : public wire::Announcer {
 public:
  Result<> send(int interface, const std::vector<net::Bytes>& frames) override {
    if (broken) return fail(Code::kUnavailable, "ENETDOWN");
    for (const auto& frame : frames) note(std::to_string(interface), frame);
    return Done{};
  }
  List take() { return std::exchange(sent, {}); }

  bool broken = false;
  List sent;

 private:
  void note(const std::string& interface, const net::Bytes& frame) {
    if (const auto arp = neighbor::decode_arp(frame)) {
      EXPECT_TRUE(neighbor::is_gratuitous(*arp));
      const bool request = arp->operation == neighbor::ArpOperation::kRequest;
      sent.push_back(interface + (request ? " request " : " reply ") + to_string(arp->sender_ip) + " " +
                     std::to_string(arp->sender_mac.bytes[5]));
    } else if (const auto advertisement = neighbor::decode_neighbor_advertisement(frame)) {
      sent.push_back(interface + " advertisement " + to_string(advertisement->target) + " " +
                     std::to_string(advertisement->target_mac->bytes[5]) +
                     (advertisement->router ? " router" : ""));
    } else {
      sent.push_back("something else");
    }
  }
};

AnnouncedLink link(int index, int mac) {
  AnnouncedLink out;
  out.index = index;
  out.name = "eth" + std::to_string(index);
  out.mac.bytes = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(mac)};
  return out;
}

struct Fixture {
  sys::Metrics all;
  VrrpMetrics metrics{all};
  Noted wire;
  Announcements announcements{wire, metrics};

  List flush(TimePoint now) {
    announcements.flush(now);
    return wire.take();
  }
};

// vrrp.md 7.1: requests of all VIPs go first, those of other groups, too.
TEST(Announcements, RequestsOfAllGroupsLeaveBeforeTheFirstReply) {
  Fixture fixture;
  fixture.announcements.queue(link(2, 1), {ip("192.0.2.1"), ip("192.0.2.2")});
  fixture.announcements.queue(link(2, 1), {ip("192.0.2.3")});
  EXPECT_EQ(fixture.flush(t0),
            (List{"2 request 192.0.2.1 1", "2 request 192.0.2.2 1", "2 request 192.0.2.3 1",
                  "2 reply 192.0.2.1 1", "2 reply 192.0.2.2 1", "2 reply 192.0.2.3 1"}));
  EXPECT_EQ(fixture.flush(t0 + Seconds(1)), List{});
  EXPECT_EQ(fixture.announcements.next(), std::nullopt);
}

// One advertisement per IPv6 VIP, with R as the group has it.
TEST(Announcements, OfIPv6IsOneAdvertisementEach) {
  Fixture fixture;
  AnnouncedLink router = link(2, 1);
  router.router = true;
  fixture.announcements.queue(link(2, 1), {ip("2001:db8::1"), ip("192.0.2.1")});
  fixture.announcements.queue(router, {ip("2001:db8::2")});
  EXPECT_EQ(fixture.flush(t0), (List{"2 advertisement 2001:db8::1 1", "2 request 192.0.2.1 1",
                                     "2 advertisement 2001:db8::2 1 router", "2 reply 192.0.2.1 1"}));
  const std::string text = fixture.all.render();
  EXPECT_NE(text.find(R"(fairlead_node_garp_sent_total{family="IPv4",interface="eth2"} 2)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(fairlead_node_garp_sent_total{family="IPv6",interface="eth2"} 2)"),
            std::string::npos)
      << text;
}

// vrrp.md 7.5: interfaces without ARP are skipped.
TEST(Announcements, NothingLeavesByAnInterfaceWithoutArp) {
  Fixture fixture;
  AnnouncedLink silent = link(2, 1);
  silent.arp = false;
  fixture.announcements.queue(silent, {ip("192.0.2.1"), ip("2001:db8::1")});
  EXPECT_EQ(fixture.flush(t0), List{});
}

// Backup sends none: what was withdrawn does not leave.
TEST(Announcements, NobodyAnnouncesWhatWasWithdrawn) {
  Fixture fixture;
  fixture.announcements.queue(link(2, 1), {ip("192.0.2.1"), ip("192.0.2.2"), ip("2001:db8::1")});
  fixture.announcements.queue(link(3, 1), {ip("192.0.2.1")});
  fixture.announcements.withdraw(2, {ip("192.0.2.1"), ip("2001:db8::1"), ip("192.0.2.77")});
  fixture.announcements.withdraw(4, {ip("192.0.2.1")});
  EXPECT_EQ(fixture.flush(t0), (List{"2 request 192.0.2.2 1", "2 reply 192.0.2.2 1", "3 request 192.0.2.1 1",
                                     "3 reply 192.0.2.1 1"}));
}

TEST(Announcements, AnAddressThatWaitsAlreadyWaitsOnceAndIsAtItsNewestMac) {
  Fixture fixture;
  fixture.announcements.queue(link(2, 1), {ip("192.0.2.1"), ip("2001:db8::1")});
  fixture.announcements.queue(link(2, 9), {ip("2001:db8::1"), ip("192.0.2.1")});
  EXPECT_EQ(fixture.flush(t0),
            (List{"2 request 192.0.2.1 9", "2 advertisement 2001:db8::1 9", "2 reply 192.0.2.1 9"}));
}

std::vector<net::IpAddress> fifteen_hundred() {
  std::vector<net::IpAddress> out;
  for (int i = 0; i < 1500; ++i) {
    out.push_back(ip("198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
  }
  return out;
}

// Some equipment learns from replies only (vrrp.md 7.1): no later round comes before those of the first.
TEST(Announcements, RoundsThatFollowEachOtherLeaveNoAddressWithoutItsReply) {
  Fixture fixture;
  const auto many = fifteen_hundred();
  std::set<std::string> replies;
  for (int millisecond = 0; millisecond < 5000; millisecond += 2) {
    if (millisecond % 1000 == 0) fixture.announcements.queue(link(2, 1), many);
    for (const std::string& line : fixture.flush(t0 + Milliseconds(millisecond))) {
      if (line.starts_with("2 reply ")) replies.insert(line);
    }
  }
  EXPECT_EQ(replies.size(), many.size());
}

// Nobody is left with a MAC that the interface no longer has.
TEST(Announcements, AnotherMacIsAnnouncedAnewThoughAReplyStillWaits) {
  Fixture fixture;
  const auto many = fifteen_hundred();
  fixture.announcements.queue(link(2, 1), many);
  for (int turn = 0; turn < 3; ++turn) (void)fixture.flush(t0);  // its requests have left
  fixture.announcements.queue(link(2, 9), {many.back()});
  EXPECT_EQ(fixture.flush(t0).front(), "2 request " + to_string(many.back()) + " 9");
}

// vrrp.md 7.5: burst 2000 frames, then 500 a second; each interface for itself.
TEST(Announcements, KeepToTheBudgetOfEachInterface) {
  Fixture fixture;
  const auto many = fifteen_hundred();
  fixture.announcements.queue(link(2, 1), many);
  fixture.announcements.queue(link(3, 1), {ip("192.0.2.1")});
  std::size_t first_second = 0;
  std::size_t all = 0;
  TimePoint now = t0;
  for (; fixture.announcements.next() || now == t0; now = *fixture.announcements.next()) {
    const List sent = fixture.flush(now);
    EXPECT_LE(sent.size(), 514U) << "no turn is held up";
    all += sent.size();
    if (now < t0 + Seconds(1)) first_second += sent.size();
    if (!fixture.announcements.next()) break;
    ASSERT_GT(*fixture.announcements.next(), now);
  }
  EXPECT_EQ(all, 3002U);
  EXPECT_LE(first_second, 2502U);
  EXPECT_GE(first_second, 2400U);
  EXPECT_GE(now, t0 + Milliseconds(1950)) << "the last thousand at 500 a second";
}

TEST(Announcements, AFailedSendLosesItsFramesAndNoLater) {
  Fixture fixture;
  fixture.wire.broken = true;
  fixture.announcements.queue(link(2, 1), {ip("192.0.2.1")});
  EXPECT_EQ(fixture.flush(t0), List{});
  fixture.wire.broken = false;
  EXPECT_EQ(fixture.flush(t0 + Seconds(1)), List{});
  fixture.announcements.queue(link(2, 1), {ip("192.0.2.1")});
  EXPECT_EQ(fixture.flush(t0 + Seconds(1)), (List{"2 request 192.0.2.1 1", "2 reply 192.0.2.1 1"}));
}

}  // namespace
}  // namespace fairlead::agent
