#include "node/vrrp/packet.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/hex.h"

namespace fairlead::vrrp {
namespace {

using test::hex;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const Endpoints kMulticast{ip("192.0.2.10"), ip("224.0.0.18")};
const Endpoints kMulticast6{ip("fe80::1"), ip("ff02::12")};
const Form kPlain{};
const Form kPseudo{Version::k3, ChecksumForm::kRfc5798, {}};
const Endpoints kToPeer{ip("192.0.2.10"), ip("192.0.2.11")};

Advertisement advert(int vrid, int priority, int centiseconds, std::vector<net::IpAddress> addresses) {
  return {VirtualRouterId(static_cast<std::uint8_t>(vrid)), Priority(static_cast<std::uint8_t>(priority)),
          Centiseconds(centiseconds), std::move(addresses)};
}

struct Vector {
  const char* name;
  const char* bytes;
  Advertisement value;
  Endpoints endpoints;
  Form form;
  std::optional<ChecksumMatch> match;
  std::optional<Authentication> authentication;
};

// vrrp.md 2.
std::vector<Vector> vectors() {
  const auto vip = ip("192.0.2.100");
  const Advertisement plain = advert(51, 100, 100, {vip});
  const Advertisement one_second = advert(51, 100, 100, {vip});
  const Form v2{Version::k2, {}, {}};
  const Form pass{Version::k2, {}, make_password("1234")};
  const Advertisement over_v6 = advert(51, 100, 100, {ip("fe80::100"), ip("2001:db8::100")});
  Advertisement gives_up_over_v6 = over_v6;
  gives_up_over_v6.priority = kRelinquish;
  const Authentication none{0, {}};
  return {
      {"P1",
       "21 33 64 01 00 01 b8 65 c0 00 02 64 00 00 00 00 00 00 00 00",
       one_second,
       kMulticast,
       v2,
       {},
       none},
      {"P2",
       "21 33 64 01 01 01 52 ff c0 00 02 64 31 32 33 34 00 00 00 00",
       one_second,
       kMulticast,
       pass,
       {},
       Authentication{1, make_password("1234")}},
      {"P3",
       "21 33 00 01 00 01 1c 66 c0 00 02 64 00 00 00 00 00 00 00 00",
       advert(51, 0, 100, {vip}),
       kMulticast,
       v2,
       {},
       none},
      {"P13",
       "31 33 64 02 00 64 3d fd fe 80 00 00 00 00 00 00 00 00 00 00 00 00 01 00 20 01 0d b8 00 00 00 00 00 "
       "00 00 00 00 00 01 00",
       over_v6,
       kMulticast6,
       kPlain,
       {},
       {}},
      {"P14",
       "31 33 00 02 00 64 a1 fd fe 80 00 00 00 00 00 00 00 00 00 00 00 00 01 00 20 01 0d b8 00 00 00 00 00 "
       "00 00 00 00 00 01 00",
       gives_up_over_v6,
       kMulticast6,
       kPlain,
       {},
       {}},
      {"P4", "31 33 64 01 00 64 a8 02 c0 00 02 64", plain, kMulticast, kPlain, ChecksumMatch::kRfc9568, {}},
      {"P4 to the peer",
       "31 33 64 01 00 64 a8 02 c0 00 02 64",
       plain,
       kToPeer,
       kPlain,
       ChecksumMatch::kRfc9568,
       {}},
      {"P5", "31 33 64 01 00 64 05 69 c0 00 02 64", plain, kMulticast, kPseudo, ChecksumMatch::kRfc5798, {}},
      {"P6", "31 33 64 01 00 64 23 70 c0 00 02 64", plain, kToPeer, kPseudo, ChecksumMatch::kRfc5798, {}},
      {"P7",
       "31 33 00 01 00 64 0c 03 c0 00 02 64",
       advert(51, 0, 100, {vip}),
       kMulticast,
       kPlain,
       ChecksumMatch::kRfc9568,
       {}},
      {"P8",
       "31 33 00 01 00 64 69 69 c0 00 02 64",
       advert(51, 0, 100, {vip}),
       kMulticast,
       kPseudo,
       ChecksumMatch::kRfc5798,
       {}},
      {"P9",
       "31 33 fe 02 00 32 4b cd c0 00 02 64 c0 00 02 65",
       advert(51, 254, 50, {vip, ip("192.0.2.101")}),
       kMulticast,
       kPlain,
       ChecksumMatch::kRfc9568,
       {}},
      {"P10",
       "31 ff fe 01 0f ff fd 9a c0 00 02 64",
       advert(255, 254, 4095, {vip}),
       kMulticast,
       kPlain,
       ChecksumMatch::kRfc9568,
       {}},
      {"P11",
       "31 33 64 01 00 64 a8 02 c0 00 02 64",
       plain,
       {ip("10.0.21.113"), ip("224.0.0.18")},
       kPlain,
       ChecksumMatch::kBoth,
       {}},
      {"P12",
       "31 02 96 03 00 64 08 2d b9 cb 70 01 0a 00 00 01 0a 00 08 01",
       advert(2, 150, 100, {ip("185.203.112.1"), ip("10.0.0.1"), ip("10.0.8.1")}),
       {ip("10.0.0.3"), ip("224.0.0.18")},
       kPseudo,
       ChecksumMatch::kRfc5798,
       {}},
  };
}

// VR-014, VR-015.
TEST(Encode, GivesTheBytesOfTheVectors) {
  for (const Vector& v : vectors()) EXPECT_EQ(encode(v.value, v.form, v.endpoints), hex(v.bytes)) << v.name;
}

// VR-035: both forms are accepted, and it is known which one matched (P11 says nothing).
TEST(Decode, GivesTheValuesOfTheVectors) {
  for (const Vector& v : vectors()) {
    const auto decoded = decode(hex(v.bytes), v.endpoints);
    ASSERT_TRUE(std::holds_alternative<DecodedMessage>(decoded)) << v.name;
    EXPECT_EQ(std::get<DecodedMessage>(decoded),
              (DecodedMessage{v.value, v.form.version, v.match, v.authentication, 0}))
        << v.name;
  }
}

struct Refusal {
  const char* what;
  const char* bytes;
  RejectReason reason;
};

// Sections 5.2 and 7.1.
TEST(Decode, RefusesWithAReason) {
  const Refusal rows[] = {
      {"nothing", "", RejectReason::kPacketLength},
      {"cut in the fixed part", "31 33 64 01 00 64 a8", RejectReason::kPacketLength},
      {"cut to ten bytes", "31 33 64 01 00 64 a8 02 c0 00", RejectReason::kPacketLength},
      // VR-034.
      {"count 255 with 12 bytes", "31 33 64 ff 00 64 a8 02 c0 00 02 64", RejectReason::kPacketLength},
      // VR-032.
      {"version 1", "11 33 64 01 00 01 b8 65 c0 00 02 64 00 00 00 00 00 00 00 00", RejectReason::kVersion},
      {"version 4", "41 33 64 01 00 64 98 02 c0 00 02 64", RejectReason::kVersion},
      // VR-033.
      {"type 0", "30 33 64 01 00 64 a9 02 c0 00 02 64", RejectReason::kType},
      {"type 2", "32 33 64 01 00 64 a7 02 c0 00 02 64", RejectReason::kType},
      {"type 15", "3f 33 64 01 00 64 9a 02 c0 00 02 64", RejectReason::kType},
      // VR-035.
      {"checksum zero", "31 33 64 01 00 64 00 00 c0 00 02 64", RejectReason::kChecksum},
      {"checksum off by one", "31 33 64 01 00 64 a8 03 c0 00 02 64", RejectReason::kChecksum},
      {"the old unicast form is P5's in multicast only", "31 33 64 01 00 64 05 68 c0 00 02 64",
       RejectReason::kChecksum},
      // VR-038, erratum 8299.
      {"count 0, 8 bytes", "31 33 64 00 00 64 6a 68", RejectReason::kAddressList},
      {"count 0, 12 bytes", "31 33 64 00 00 64 a8 03 c0 00 02 64", RejectReason::kAddressList},
      // VR-040, erratum 8301.
      {"interval 0", "31 33 64 01 00 00 a8 66 c0 00 02 64", RejectReason::kInterval},
      {"interval 0 under Reserve 0xf", "31 33 64 01 f0 00 b8 65 c0 00 02 64", RejectReason::kInterval},
      {"VRID 0", "31 00 64 01 00 64 a8 35 c0 00 02 64", RejectReason::kVrid},
  };
  for (const Refusal& row : rows) {
    const auto decoded = decode(hex(row.bytes), kMulticast);
    ASSERT_TRUE(std::holds_alternative<RejectReason>(decoded)) << row.what;
    EXPECT_EQ(to_string(std::get<RejectReason>(decoded)), to_string(row.reason)) << row.what;
  }
}

// VR-041: Reserve is ignored on receipt and masked before use.
TEST(Decode, IgnoresReserve) {
  const auto decoded = decode(hex("31 33 64 01 f0 64 b8 01 c0 00 02 64"), kMulticast);
  ASSERT_TRUE(std::holds_alternative<DecodedMessage>(decoded));
  EXPECT_EQ(std::get<DecodedMessage>(decoded).advert.max_advertise_interval, Centiseconds(100));
}

// VR-034: bytes after the message are ignored and counted, in neither checksum form summed.
TEST(Decode, IgnoresBytesAfterTheMessage) {
  for (const std::size_t extra : {4U, 28U}) {
    net::Bytes bytes = hex("31 33 64 01 00 64 a8 02 c0 00 02 64");
    bytes.resize(bytes.size() + extra, 0x5a);
    const auto decoded = decode(bytes, kMulticast);
    ASSERT_TRUE(std::holds_alternative<DecodedMessage>(decoded));
    EXPECT_EQ(std::get<DecodedMessage>(decoded).trailing_bytes, extra);
  }
}

// F1: no byte string is read beyond its end, and what is accepted encodes to the same bytes, but for
// Reserve, checksum and tail.
TEST(Decode, TakesAnyBytesAndAcceptsOnlyWhatItCanWriteAgain) {
  EXPECT_TRUE(rc::check([](net::Bytes bytes, bool plausible) {
    if (plausible && bytes.size() >= 8) {
      bytes[0] = 0x31;
      bytes[3] = static_cast<std::uint8_t>((bytes.size() - 8) / 4);
      bytes[6] = bytes[7] = 0;
      const std::size_t length = 8 + std::size_t{4} * bytes[3];
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < length; i += 2) sum += net::u16_at(bytes, i);
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
      bytes[6] = static_cast<std::uint8_t>(~sum >> 8);
      bytes[7] = static_cast<std::uint8_t>(~sum);
    }
    const auto decoded = decode(bytes, kMulticast);
    if (const auto* sound = std::get_if<DecodedMessage>(&decoded)) {
      net::Bytes again = encode(sound->advert, Form{sound->version, ChecksumForm::kRfc9568, {}}, kMulticast);
      RC_ASSERT(again.size() + sound->trailing_bytes == bytes.size());
      for (std::size_t i = 0; i < again.size(); ++i) {
        if (i == 6 || i == 7) continue;
        RC_ASSERT(again[i] == (i == 4 ? bytes[i] & 0x0f : bytes[i]));
      }
    }
  }));
}

// VR-010, VR-020: every value goes there and back, Reserve zero, up to 255 addresses.
TEST(Encode, IsReadBackAsTheSameValue) {
  EXPECT_TRUE(rc::check([] {
    const auto count = *rc::gen::inRange(1, 256);
    std::vector<net::IpAddress> addresses;
    for (int i = 0; i < count; ++i) {
      const auto word = *rc::gen::arbitrary<std::uint32_t>();
      addresses.push_back(
          net::IpAddress::v4({static_cast<std::uint8_t>(word >> 24), static_cast<std::uint8_t>(word >> 16),
                              static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)}));
    }
    const Advertisement value =
        advert(*rc::gen::inRange(1, 256), *rc::gen::inRange(0, 256), *rc::gen::inRange(1, 4096), addresses);
    const auto form = *rc::gen::element(ChecksumForm::kRfc9568, ChecksumForm::kRfc5798);
    const net::Bytes bytes = encode(value, Form{Version::k3, form, {}}, kMulticast);
    RC_ASSERT((bytes[4] & 0xf0) == 0);
    const auto decoded = decode(bytes, kMulticast);
    RC_ASSERT(std::get<DecodedMessage>(decoded).advert == value);
  }));
}

}  // namespace
}  // namespace fairlead::vrrp
