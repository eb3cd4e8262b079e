#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "node/vrrp/admission.h"
#include "support/hex.h"
#include "support/vrrp_packet.h"

// The receive checks that version 2, IPv6 and unicast add.
namespace fairlead::vrrp {
namespace {

using test::hex;
using test::ipv4_packet;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const Endpoints kMulticast{ip("192.0.2.10"), ip("224.0.0.18")};
const Endpoints kToUs{ip("192.0.2.10"), ip("192.0.2.11")};
const Endpoints kMulticast6{ip("fe80::1"), ip("ff02::12")};
const VirtualRouterId kVrid{51};

const char* const kP1 = "21 33 64 01 00 01 b8 65 c0 00 02 64 00 00 00 00 00 00 00 00";
const char* const kP4 = "31 33 64 01 00 64 a8 02 c0 00 02 64";
// vrrp.md 2, V6H: the header of a 40-byte payload.
const char* const kV6H =
    "6c 00 00 00 00 28 70 ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 "
    "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 12";
const char* const kP13 =
    "31 33 64 02 00 64 3d fd fe 80 00 00 00 00 00 00 00 00 00 00 00 00 01 00 "
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00";

Listener listener(const Expected& expected) {
  return {{ip("192.0.2.11"), ip("fe80::11")}, {{kVrid, expected}}};
}
Expected version2() {
  Expected out;
  out.version = Version::k2;
  return out;
}
Expected with_password(std::string_view text) {
  Expected out = version2();
  out.password = make_password(text);
  return out;
}
Expected unicast(Peers peers) {
  Expected out;
  out.peers = std::move(peers);
  return out;
}
net::Bytes message2(std::uint8_t type, std::string_view data, int seconds) {
  const Advertisement value{kVrid, Priority(100), Centiseconds(100 * seconds), {ip("192.0.2.100")}};
  net::Bytes bytes = encode(value, Form{Version::k2, {}, make_password(data)}, kMulticast);
  bytes[4] = type;
  return test::summed(bytes, 0);
}
net::Bytes message6(std::vector<net::IpAddress> addresses) {
  return encode({kVrid, Priority(100), Centiseconds(100), std::move(addresses)}, {}, kMulticast6);
}

std::string_view verdict(const Admission& admission) {
  if (const auto* rejected = std::get_if<Rejected>(&admission)) return to_string(rejected->reason);
  return std::holds_alternative<Foreign>(admission) ? "foreign" : "accepted";
}
std::string_view verdict(const Expected& expected, const net::Bytes& message) {
  return verdict(admit(listener(expected), ipv4_packet(kMulticast, 255, message)));
}
std::string_view verdict6(const Expected& expected, const net::Bytes& message, std::optional<int> hop_limit) {
  return verdict(admit(listener(expected), Ipv6Message{kMulticast6, hop_limit, message}));
}

// vrrp.md 2: the three IP headers, around P1, P4 and P4 to a peer.
TEST(Admission, TakesThePacketsOfTheVectors) {
  const struct {
    const char* header;
    const char* message;
    Expected expected;
  } rows[] = {
      {"45 c0 00 28 00 01 00 00 ff 70 18 88 c0 00 02 0a e0 00 00 12", kP1, version2()},
      {"45 c0 00 20 00 01 00 00 ff 70 18 90 c0 00 02 0a e0 00 00 12", kP4, {}},
      {"45 c0 00 20 00 01 00 00 ff 70 36 97 c0 00 02 0a c0 00 02 0b", kP4,
       unicast({{ip("192.0.2.10"), 255}})},
  };
  for (const auto& row : rows) {
    net::Bytes packet = hex(row.header);
    const net::Bytes message = hex(row.message);
    packet.insert(packet.end(), message.begin(), message.end());
    const auto& to = row.expected.peers ? kToUs : kMulticast;
    EXPECT_EQ(packet, ipv4_packet(to, 255, message)) << "a set DF and another sum are legal, too";
    EXPECT_EQ(verdict(admit(listener(row.expected), packet)), "accepted");
  }
}

// VR-032 in both directions.
TEST(Admission, TakesOnlyTheConfiguredVersion) {
  EXPECT_EQ(verdict(version2(), hex(kP1)), "accepted");
  EXPECT_EQ(verdict(version2(), hex(kP4)), "version");
  EXPECT_EQ(verdict(Expected{}, hex(kP4)), "accepted");
  EXPECT_EQ(verdict(Expected{}, hex(kP1)), "version");
}

// V2-02: type 0 is expected where no password is configured, type 1 where one is; RFC 2338's type 2 never.
TEST(AdmissionVersion2, TakesOnlyTheConfiguredAuthentication) {
  const struct {
    const char* what;
    Expected expected;
    std::uint8_t type;
    const char* data;
    const char* verdict;
  } rows[] = {
      {"none for none", version2(), 0, "", "accepted"},
      {"junk under type 0 is ignored (V2-03)", version2(), 0, "junkjunk", "accepted"},
      {"unexpected password", version2(), 1, "1234", "authentication"},
      {"unexpected empty password", version2(), 1, "", "authentication"},
      {"header authentication", version2(), 2, "", "authentication"},
      {"right password", with_password("1234"), 1, "1234", "accepted"},
      {"right password, cut to eight bytes", with_password("123456789"), 1, "12345678", "accepted"},
      {"wrong password", with_password("1234"), 1, "1235", "authentication"},
      {"wrong in the first byte", with_password("1234"), 1, "0234", "authentication"},
      {"wrong in the last byte", with_password("12345678"), 1, "12345670", "authentication"},
      {"a longer password", with_password("1234"), 1, "12345", "authentication"},
      {"missing password", with_password("1234"), 0, "", "authentication"},
      {"the password under type 0", with_password("1234"), 0, "1234", "authentication"},
      {"the password under type 2", with_password("1234"), 2, "1234", "authentication"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(verdict(row.expected, message2(row.type, row.data, 1)), row.verdict) << row.what;
  }
}

// V2-05: "MUST verify that the Adver Interval in the packet is the same as the locally configured"; it means
// two Active Routers. Version 3 takes any (VR-043).
TEST(AdmissionVersion2, DropsAnotherInterval) {
  EXPECT_EQ(verdict(version2(), message2(0, "", 1)), "accepted");
  EXPECT_EQ(verdict(version2(), message2(0, "", 2)), "interval");
  Expected slow = version2();
  slow.interval = Centiseconds(25500);
  EXPECT_EQ(verdict(slow, message2(0, "", 255)), "accepted");
  EXPECT_EQ(verdict(slow, message2(0, "", 1)), "interval");
}
TEST(Admission, TakesAnyIntervalOfVersion3) {
  for (const int centiseconds : {1, 50, 200, 4095}) {
    const Advertisement value{kVrid, Priority(100), Centiseconds(centiseconds), {ip("192.0.2.100")}};
    EXPECT_EQ(verdict(Expected{}, encode(value, {}, kMulticast)), "accepted");
  }
}

// VR-044, V2-06: another list is no reason to drop.
TEST(Admission, TakesAnyAddressList) {
  for (const Version version : {Version::k2, Version::k3}) {
    Expected expected;
    expected.version = version;
    const Advertisement value{kVrid, Priority(100), Centiseconds(100), {ip("203.0.113.9"), ip("10.0.0.1")}};
    EXPECT_EQ(verdict(expected, encode(value, Form{version, {}, {}}, kMulticast)), "accepted");
  }
}

// VR-016, V6H with P13: the endpoints and the hop limit are those of the header.
TEST(AdmissionOverIpv6, TakesASoundAdvert) {
  const net::Bytes header = hex(kV6H);
  const auto part = [&](std::size_t at) {
    return net::IpAddress::from_bytes(std::span(header).subspan(at, 16));
  };
  const Ipv6Message message{{part(8), part(24)}, header[7], hex(kP13)};
  EXPECT_EQ(message.endpoints, kMulticast6);
  EXPECT_EQ(net::u16_at(header, 4), message.message.size());
  const Accepted expected{{kVrid, Priority(100), Centiseconds(100), {ip("fe80::100"), ip("2001:db8::100")}},
                          ip("fe80::1"),
                          {},
                          0};
  EXPECT_EQ(admit(listener({}), message), Admission(expected));
}

// VR-031: "MUST verify that the IPv6 Hop Limit is 255"; one the kernel did not tell is none.
TEST(AdmissionOverIpv6, DropsAnyOtherHopLimitAndAMissingOne) {
  EXPECT_EQ(verdict6({}, hex(kP13), 255), "accepted");
  for (const int hop_limit : {0, 1, 64, 254}) EXPECT_EQ(verdict6({}, hex(kP13), hop_limit), "ip-ttl");
  EXPECT_EQ(verdict6({}, hex(kP13), std::nullopt), "ip-ttl");
  EXPECT_EQ(verdict6(unicast({{ip("fe80::1"), 1}}), hex(kP13), std::nullopt), "ip-ttl");
}

// VR-039, erratum 8300: the first address must be link-local; a knob for keepalived without one.
TEST(AdmissionOverIpv6, DropsAnAdvertThatDoesNotBeginWithALinkLocalAddress) {
  Expected lenient;
  lenient.strict_v6_first_address = false;
  const auto good = message6({ip("fe80::100"), ip("2001:db8::100")});
  const auto swapped = message6({ip("2001:db8::100"), ip("fe80::100")});
  const auto none = message6({ip("2001:db8::100")});
  EXPECT_EQ(verdict6({}, good, 255), "accepted");
  EXPECT_EQ(verdict6({}, swapped, 255), "address-list");
  EXPECT_EQ(verdict6({}, none, 255), "address-list");
  EXPECT_EQ(verdict6(lenient, swapped, 255), "accepted");
  EXPECT_EQ(verdict6(lenient, none, 255), "accepted");
}
// Over IPv4 there is no such rule.
TEST(Admission, TakesAnyFirstAddressOverIpv4) {
  Expected strict;
  strict.strict_v6_first_address = true;
  EXPECT_EQ(verdict(strict, hex(kP4)), "accepted");
}

// V2-10.
TEST(AdmissionOverIpv6, KnowsNoVersion2) {
  net::Bytes message = hex(kP13);
  message[0] = 0x21;
  EXPECT_EQ(verdict6(version2(), test::summed(message, pseudo_header_sum(kMulticast6, message.size())), 255),
            "version");
}

// VR-006, VR-103: a source that is an address of ours is ourselves, or a clone.
TEST(AdmissionOverIpv6, DropsWhatComesFromAnOwnAddress) {
  const Listener ours{{ip("fe80::1")}, {{kVrid, {}}}};
  EXPECT_EQ(verdict(admit(ours, Ipv6Message{kMulticast6, 255, hex(kP13)})), "own-address");
}

TEST(AdmissionOverIpv6, SetsASoundAdvertOfAnotherRouterAside) {
  const Listener other{{}, {{VirtualRouterId(52), {}}}};
  EXPECT_EQ(admit(other, Ipv6Message{kMulticast6, 255, hex(kP13)}), Admission(Foreign{kVrid, ip("fe80::1")}));
}

// S-12: unicast takes configured peers alone, whatever else is right. Multicast takes any source.
TEST(AdmissionUnicast, TakesOnlyItsPeers) {
  EXPECT_EQ(verdict(unicast({{ip("192.0.2.10"), 255}}), hex(kP4)), "accepted");
  EXPECT_EQ(verdict(unicast({{ip("192.0.2.12"), 255}}), hex(kP4)), "source");
  EXPECT_EQ(verdict(unicast({}), hex(kP4)), "source");
  EXPECT_EQ(verdict6(unicast({{ip("fe80::2"), 255}}), hex(kP13), 255), "source");
}

// VR-030, VR-031: TTL 255 unless a peer was given less; its own limit, and nobody else's.
TEST(AdmissionUnicast, TakesALowerTtlOfThePeerThatWasGivenOne) {
  const Expected far = unicast({{ip("192.0.2.10"), 250}, {ip("192.0.2.12"), 255}});
  const auto ttl = [](const Expected& expected, std::string_view source, int value) {
    const Endpoints endpoints{ip(source), ip("192.0.2.11")};
    return verdict(admit(listener(expected), ipv4_packet(endpoints, value, hex(kP4))));
  };
  EXPECT_EQ(ttl(far, "192.0.2.10", 255), "accepted");
  EXPECT_EQ(ttl(far, "192.0.2.10", 250), "accepted");
  EXPECT_EQ(ttl(far, "192.0.2.10", 249), "ip-ttl");
  EXPECT_EQ(ttl(far, "192.0.2.12", 254), "ip-ttl");
  EXPECT_EQ(ttl(far, "192.0.2.99", 254), "ip-ttl") << "no peer";
  EXPECT_EQ(verdict6(unicast({{ip("fe80::1"), 64}}), hex(kP13), 64), "accepted");
  EXPECT_EQ(verdict6(unicast({{ip("fe80::1"), 64}}), hex(kP13), 63), "ip-ttl");
}

// The limit is that of the router the message names, not of another on the same interface.
TEST(AdmissionUnicast, ALowerTtlIsGivenToOneVirtualRouter) {
  const Listener two{{}, {{VirtualRouterId(50), unicast({{ip("192.0.2.10"), 1}})}, {kVrid, {}}}};
  EXPECT_EQ(verdict(admit(two, ipv4_packet(kToUs, 254, hex(kP4)))), "ip-ttl");
  EXPECT_EQ(verdict(admit(
                two, ipv4_packet(kToUs, 254, test::summed(hex("31 00 64 01 00 64 00 00 c0 00 02 64"), 0)))),
            "ip-ttl");
}

// vrrp.md 6: a unicast peer's RFC 5798 checksum is over the peer's address.
TEST(AdmissionUnicast, TakesThePeersPseudoHeader) {
  const auto admission = admit(listener(unicast({{ip("192.0.2.10"), 255}})),
                               ipv4_packet(kToUs, 255, hex("31 33 64 01 00 64 23 70 c0 00 02 64")));
  ASSERT_TRUE(std::holds_alternative<Accepted>(admission));
  EXPECT_EQ(std::get<Accepted>(admission).checksum, ChecksumMatch::kRfc5798);
}

// VR-034: the tail is counted through admission.
TEST(Admission, CountsBytesAfterTheMessage) {
  net::Bytes message = hex(kP4);
  message.resize(message.size() + 28, 0x5a);
  const auto admission = admit(listener({}), ipv4_packet(kMulticast, 255, message));
  ASSERT_TRUE(std::holds_alternative<Accepted>(admission));
  EXPECT_EQ(std::get<Accepted>(admission).trailing_bytes, 28U);
}

// What a reject claims is told as far as it can be read, and no further.
TEST(Admission, TellsWhatARejectedPacketClaims) {
  const auto rejected = [](const net::Bytes& message) {
    return std::get<Rejected>(admit(listener({}), ipv4_packet(kMulticast, 254, message)));
  };
  EXPECT_EQ(rejected(hex("31")), (Rejected{RejectReason::kIpTtl, std::nullopt, ip("192.0.2.10")}));
  EXPECT_EQ(rejected(hex("31 00")), (Rejected{RejectReason::kIpTtl, std::uint8_t{0}, ip("192.0.2.10")}));
  EXPECT_EQ(rejected(hex(kP4)), (Rejected{RejectReason::kIpTtl, std::uint8_t{51}, ip("192.0.2.10")}));
}

// F2: IPv6 messages of any bytes, hop limit and endpoints get an answer; a flipped bit is never accepted.
TEST(AdmissionOverIpv6, RefusesEveryFlippedBit) {
  EXPECT_TRUE(rc::check([](const net::Bytes& bytes) {
    (void)admit(listener({}), Ipv6Message{kMulticast6, 255, bytes});
  }));
  const net::Bytes sound = hex(kP13);
  for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    net::Bytes flipped = sound;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(verdict6({}, flipped, 255), "accepted") << bit;
  }
}

}  // namespace
}  // namespace fairlead::vrrp
