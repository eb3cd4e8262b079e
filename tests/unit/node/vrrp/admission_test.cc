#include "node/vrrp/admission.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/hex.h"

namespace fairlead::vrrp {
namespace {

using test::hex;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const Listener kListener{{ip("192.0.2.11")}, {{VirtualRouterId(51), {}}, {VirtualRouterId(255), {}}}};
// vrrp.md 2: IP header of a 12-byte payload, multicast.
const char* const kHeader = "45 c0 00 20 00 01 00 00 ff 70 18 90 c0 00 02 0a e0 00 00 12 ";
const char* const kP4 = "31 33 64 01 00 64 a8 02 c0 00 02 64";

net::Bytes packet(std::string_view message) {
  net::Bytes bytes = hex(kHeader);
  const net::Bytes payload = hex(message);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes[3] = static_cast<std::uint8_t>(bytes.size());
  return bytes;
}

net::Bytes with(net::Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes[at] = value;
  return bytes;
}

std::string_view reason_of(const Admission& admission) {
  if (const auto* rejected = std::get_if<Rejected>(&admission)) return to_string(rejected->reason);
  return std::holds_alternative<Foreign>(admission) ? "foreign" : "accepted";
}

// Section 7.1, all checks passed.
TEST(Admission, TakesASoundAdvert) {
  const Accepted expected{{VirtualRouterId(51), Priority(100), Centiseconds(100), {ip("192.0.2.100")}},
                          ip("192.0.2.10"),
                          ChecksumMatch::kRfc9568,
                          0};
  EXPECT_EQ(admit(kListener, packet(kP4)), Admission(expected));
}

// VR-030: "MUST verify that the IPv4 TTL is 255".
TEST(Admission, DropsAnyOtherTtl) {
  for (const int ttl : {0, 1, 64, 254}) {
    const Rejected expected{RejectReason::kIpTtl, std::uint8_t{51}, ip("192.0.2.10")};
    EXPECT_EQ(admit(kListener, with(packet(kP4), 8, static_cast<std::uint8_t>(ttl))), Admission(expected));
  }
}

// VR-032..VR-040: the reason of each, as RFC 8347 names it.
TEST(Admission, NamesTheReasonOfEachDrop) {
  const struct {
    const char* reason;
    net::Bytes bytes;
  } rows[] = {
      {"protocol", with(packet(kP4), 9, 17)},
      {"version", packet("21 33 64 01 00 01 b8 65 c0 00 02 64 00 00 00 00 00 00 00 00")},
      {"type", packet("32 33 64 01 00 64 a7 02 c0 00 02 64")},
      {"packet-length", packet("31 33 64 01 00 64 a8 02 c0 00")},
      {"packet-length", {}},
      {"packet-length", hex("45 c0 00 20 00 01")},
      {"packet-length", with(packet(kP4), 0, 0x65)},  // IP version 6
      {"packet-length", with(packet(kP4), 0, 0x44)},  // header length 16
      {"packet-length", with(packet(kP4), 0, 0x4f)},  // header longer than the packet
      {"packet-length", with(packet(kP4), 3, 0xff)},  // total length beyond the end
      {"packet-length", with(packet(kP4), 3, 20)},    // no message at all
      {"checksum", packet("31 33 64 01 00 64 a8 03 c0 00 02 64")},
      {"address-list", packet("31 33 64 00 00 64 6a 68")},
      {"interval", packet("31 33 64 01 00 00 a8 66 c0 00 02 64")},
      {"vrid", packet("31 00 64 01 00 64 a8 35 c0 00 02 64")},
  };
  for (const auto& row : rows) EXPECT_EQ(reason_of(admit(kListener, row.bytes)), row.reason);
}

// VR-036: "MUST verify that the VRID is configured on the receiving interface"; FN-21: who that was.
TEST(Admission, SetsASoundAdvertOfAnotherRouterAside) {
  const Listener other{{}, {{VirtualRouterId(52), {}}}};
  EXPECT_EQ(admit(other, packet(kP4)), Admission(Foreign{VirtualRouterId(51), ip("192.0.2.10")}));
}

// VR-103: an own packet looped back changes nothing; neither does one of a clone of ours.
TEST(Admission, DropsWhatComesFromAnOwnAddress) {
  const Listener ours{{ip("192.0.2.10")}, {{VirtualRouterId(51), {}}}};
  EXPECT_EQ(reason_of(admit(ours, packet(kP4))), "own-address");
}

// VR-034: what Ethernet padding adds after the IP packet is not part of the message.
TEST(Admission, EndsTheMessageWhereTheIpHeaderSays) {
  net::Bytes bytes = packet(kP4);
  bytes.resize(bytes.size() + 14, 0);
  const auto admission = admit(kListener, bytes);
  ASSERT_TRUE(std::holds_alternative<Accepted>(admission));
  EXPECT_EQ(std::get<Accepted>(admission).trailing_bytes, 0U);
}

// VR-003: options in the IP header are skipped by the header's length.
TEST(Admission, SkipsIpOptions) {
  net::Bytes bytes = packet(kP4);
  bytes.insert(bytes.begin() + 20, {1, 1, 1, 1});
  bytes[0] = 0x46;
  bytes[3] = static_cast<std::uint8_t>(bytes.size());
  EXPECT_EQ(reason_of(admit(kListener, bytes)), "accepted");
}

// F2: any bytes, and any single byte of a sound packet changed, get an answer.
TEST(Admission, AnswersForAnyBytes) {
  EXPECT_TRUE(rc::check([](const net::Bytes& bytes) { (void)admit(kListener, bytes); }));
  EXPECT_TRUE(rc::check([] {
    net::Bytes bytes = packet(kP4);
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
    bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
    const auto admission = admit(kListener, bytes);
    // No single changed byte of the message survives the checksum.
    if (const auto* accepted = std::get_if<Accepted>(&admission)) {
      RC_ASSERT(accepted->advert.virtual_router_id == VirtualRouterId(51));
    }
  }));
}

}  // namespace
}  // namespace fairlead::vrrp
