#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "node/vrrp/packet.h"
#include "support/hex.h"
#include "support/vrrp_packet.h"

// What version 2 and IPv6 change in a message, and every wrong form by its reason. The vectors themselves:
// packet_test.cc; what a message is made of: packet_parts_test.cc.
namespace fairlead::vrrp {
namespace {

using test::hex;
using test::summed;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const Endpoints kMulticast{ip("192.0.2.10"), ip("224.0.0.18")};
const Endpoints kToPeer{ip("192.0.2.10"), ip("192.0.2.11")};
const Endpoints kMulticast6{ip("fe80::1"), ip("ff02::12")};

const char* const kP1 = "21 33 64 01 00 01 b8 65 c0 00 02 64 00 00 00 00 00 00 00 00";
const char* const kP2 = "21 33 64 01 01 01 52 ff c0 00 02 64 31 32 33 34 00 00 00 00";
const char* const kP4 = "31 33 64 01 00 64 a8 02 c0 00 02 64";
const char* const kP13 =
    "31 33 64 02 00 64 3d fd fe 80 00 00 00 00 00 00 00 00 00 00 00 00 01 00 "
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00";

net::Bytes with(net::Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes.at(at) = value;
  return bytes;
}
net::Bytes longer(net::Bytes bytes, std::size_t extra) {
  bytes.resize(bytes.size() + extra, 0x5a);
  return bytes;
}
net::Bytes cut(net::Bytes bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}
// A message of version 3 over IPv6 whose checksum is right, with the pseudo-header of kMulticast6.
net::Bytes summed6(const net::Bytes& message) {
  return summed(message, pseudo_header_sum(kMulticast6, message.size()));
}

std::string_view reason_of(const net::Bytes& message, const Endpoints& endpoints) {
  const auto decoded = decode(message, endpoints);
  const auto* reason = std::get_if<RejectReason>(&decoded);
  return reason == nullptr ? "accepted" : to_string(*reason);
}
DecodedMessage accepted(const net::Bytes& message, const Endpoints& endpoints) {
  const auto decoded = decode(message, endpoints);
  const auto* sound = std::get_if<DecodedMessage>(&decoded);
  EXPECT_NE(sound, nullptr) << reason_of(message, endpoints);
  return sound == nullptr ? DecodedMessage{} : *sound;
}

struct Refusal {
  const char* what;
  net::Bytes bytes;
  Endpoints endpoints;
  const char* reason;
};
void expect_refused(const std::vector<Refusal>& rows) {
  for (const Refusal& row : rows) EXPECT_EQ(reason_of(row.bytes, row.endpoints), row.reason) << row.what;
}

// V2-01, V2-04, V2-11: RFC 3768 section 7.1 for the parts a message alone can fail.
TEST(DecodeVersion2, RefusesWithAReason) {
  expect_refused({
      {"no authentication bytes", summed(cut(hex(kP1), 12), 0), kMulticast, "packet-length"},
      {"one authentication byte short", cut(hex(kP1), 19), kMulticast, "packet-length"},
      {"count 2 with one address", summed(with(hex(kP1), 3, 2), 0), kMulticast, "packet-length"},
      {"count 0", summed(with(hex(kP1), 3, 0), 0), kMulticast, "address-list"},
      {"type 2", summed(with(hex(kP1), 0, 0x22), 0), kMulticast, "type"},
      {"checksum without the authentication data", with(with(hex(kP2), 6, 0xb7), 7, 0x65), kMulticast,
       "checksum"},
      {"checksum with a pseudo-header", summed(hex(kP1), pseudo_header_sum(kMulticast, 20)), kMulticast,
       "checksum"},
      {"a changed byte of the password", with(hex(kP2), 12, 0x30), kMulticast, "checksum"},
      {"VRID 0", summed(with(hex(kP1), 1, 0), 0), kMulticast, "vrid"},
      {"interval 0", summed(with(hex(kP1), 5, 0), 0), kMulticast, "interval"},
  });
}

// V2-10: RFC 3768 knows IPv4 alone.
TEST(DecodeVersion2, IsNotKnownOverIpv6) {
  EXPECT_EQ(reason_of(summed6(with(hex(kP13), 0, 0x21)), kMulticast6), "version");
}

// V2-03: what type 0 carries is handed over as it is, for the judgement of admission.
TEST(DecodeVersion2, ReadsTheAuthenticationOfAnyType) {
  for (const std::uint8_t type : {0, 1, 2, 255}) {
    const auto decoded = accepted(summed(with(hex(kP2), 4, type), 0), kMulticast);
    EXPECT_EQ(decoded.authentication, (Authentication{type, make_password("1234")}));
    EXPECT_EQ(decoded.checksum, std::nullopt);
  }
}

// V2-11: 1..255 whole seconds.
TEST(DecodeVersion2, ReadsWholeSeconds) {
  for (const int seconds : {1, 2, 255}) {
    const auto bytes = summed(with(hex(kP1), 5, static_cast<std::uint8_t>(seconds)), 0);
    EXPECT_EQ(accepted(bytes, kMulticast).advert.max_advertise_interval, Centiseconds(100 * seconds));
  }
}

// VR-034: bytes after the authentication data are ignored and counted, and not summed.
TEST(DecodeVersion2, IgnoresBytesAfterTheMessage) {
  for (const std::size_t extra : {1U, 4U, 28U}) {
    EXPECT_EQ(accepted(longer(hex(kP1), extra), kMulticast).trailing_bytes, extra);
  }
}

// VR-016, VR-034, VR-038, VR-040 over IPv6.
TEST(DecodeOverIpv6, RefusesWithAReason) {
  expect_refused({
      {"checksum without the pseudo-header", summed(hex(kP13), 0), kMulticast6, "checksum"},
      {"checksum for another source", hex(kP13), {ip("fe80::2"), ip("ff02::12")}, "checksum"},
      {"checksum for another destination", hex(kP13), {ip("fe80::1"), ip("fe80::2")}, "checksum"},
      {"the pseudo-header's length is of all bytes", longer(hex(kP13), 4), kMulticast6, "checksum"},
      {"version 4", summed6(with(hex(kP13), 0, 0x41)), kMulticast6, "version"},
      {"type 2", summed6(with(hex(kP13), 0, 0x32)), kMulticast6, "type"},
      {"count 0", summed6(with(hex(kP13), 3, 0)), kMulticast6, "address-list"},
      {"count 3 with two addresses", summed6(with(hex(kP13), 3, 3)), kMulticast6, "packet-length"},
      {"addresses of four bytes", summed6(cut(hex(kP13), 16)), kMulticast6, "packet-length"},
      {"VRID 0", summed6(with(hex(kP13), 1, 0)), kMulticast6, "vrid"},
      {"interval 0", summed6(with(hex(kP13), 5, 0)), kMulticast6, "interval"},
      {"interval 0 under Reserve 0xf", summed6(with(with(hex(kP13), 4, 0xf0), 5, 0)), kMulticast6,
       "interval"},
  });
}

// VR-034: over IPv6 the checksum covers all bytes, those after the message too.
TEST(DecodeOverIpv6, SumsTheBytesAfterTheMessage) {
  for (const std::size_t extra : {1U, 4U, 28U}) {
    EXPECT_EQ(accepted(summed6(longer(hex(kP13), extra)), kMulticast6).trailing_bytes, extra);
  }
}

// VR-041 over IPv6.
TEST(DecodeOverIpv6, IgnoresReserve) {
  const auto decoded = accepted(summed6(with(hex(kP13), 4, 0xf0)), kMulticast6);
  EXPECT_EQ(decoded.advert.max_advertise_interval, Centiseconds(100));
}

// VR-035, vrrp.md 2: the pseudo-header's sum counts where the packet really went. "Old unicast": made for
// the multicast group although sent to a peer.
TEST(DecodeVersion3, RefusesThePseudoHeaderOfOtherEndpoints) {
  expect_refused({
      {"old unicast", hex("31 33 64 01 00 64 05 69 c0 00 02 64"), kToPeer, "checksum"},
      {"P6 to the group", hex("31 33 64 01 00 64 23 70 c0 00 02 64"), kMulticast, "checksum"},
      {"of version 2, summed with its password", summed(with(hex(kP2), 0, 0x31), 0), kMulticast, "checksum"},
  });
}

// VR-034: neither sum of version 3 sees what follows, nor does the pseudo-header's length.
TEST(DecodeVersion3, IgnoresBytesAfterTheMessageInBothForms) {
  for (const char* const message : {kP4, "31 33 64 01 00 64 05 69 c0 00 02 64"}) {
    for (const std::size_t extra : {4U, 28U}) {
      const auto alone = accepted(hex(message), kMulticast);
      const auto followed = accepted(longer(hex(message), extra), kMulticast);
      EXPECT_EQ(followed.checksum, alone.checksum);
      EXPECT_EQ(followed.trailing_bytes, extra);
    }
  }
}

// VR-020: 255 addresses are read, 1028 bytes of IPv4 and 4088 of IPv6.
TEST(Decode, TakesTheLongestList) {
  for (const auto& [endpoints, first, size] :
       {std::tuple(kMulticast, ip("10.0.0.1"), 1028U), std::tuple(kMulticast6, ip("fe80::1"), 4088U)}) {
    Advertisement value{VirtualRouterId(51), Priority(100), Centiseconds(100), {}};
    for (net::IpAddress next = first; value.addresses.size() < 255; next.increment()) {
      value.addresses.push_back(next);
    }
    const net::Bytes bytes = encode(value, {}, endpoints);
    EXPECT_EQ(bytes.size(), size);
    EXPECT_EQ(accepted(bytes, endpoints).advert, value);
    EXPECT_EQ(reason_of(cut(bytes, size - 1), endpoints), "packet-length");
  }
}

// A message of n bytes never reads beyond them, whatever it claims.
TEST(Decode, RefusesEveryVectorCutShort) {
  const std::pair<net::Bytes, Endpoints> whole[] = {
      {hex(kP1), kMulticast}, {hex(kP4), kMulticast}, {hex(kP13), kMulticast6}};
  for (const auto& [bytes, endpoints] : whole) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(reason_of(cut(bytes, size), endpoints), "packet-length") << size;
    }
  }
}

// VR-010, V2-02, V2-03: both families and versions there and back; the data of type 0 is zero when sent.
TEST(Encode, OfEveryFormIsReadBackAsTheSameValue) {
  EXPECT_TRUE(rc::check([] {
    const bool v6 = *rc::gen::arbitrary<bool>();
    const bool v2 = !v6 && *rc::gen::arbitrary<bool>();
    Form form{v2 ? Version::k2 : Version::k3,
              *rc::gen::element(ChecksumForm::kRfc9568, ChecksumForm::kRfc5798),
              {}};
    if (v2 && *rc::gen::arbitrary<bool>())
      form.password = Password{*rc::gen::arbitrary<std::array<std::uint8_t, 8>>()};
    Advertisement value{VirtualRouterId(*rc::gen::inRange<std::uint8_t>(1, 255)),
                        Priority(*rc::gen::arbitrary<std::uint8_t>()),
                        Centiseconds(v2 ? 100 * *rc::gen::inRange(1, 256) : *rc::gen::inRange(1, 4096)),
                        {}};
    const auto addresses = *rc::gen::nonEmpty<std::vector<std::array<std::uint8_t, 16>>>();
    for (const auto& bytes : addresses) {
      value.addresses.push_back(net::IpAddress::from_bytes(std::span(bytes).first(v6 ? 16 : 4)));
      if (value.addresses.size() == 255) break;
    }
    const Endpoints& endpoints = v6 ? kMulticast6 : *rc::gen::element(kMulticast, kToPeer);
    const auto bytes = encode(value, form, endpoints);
    const auto decoded = std::get<DecodedMessage>(decode(bytes, endpoints));
    RC_ASSERT(decoded.advert == value);
    RC_ASSERT(decoded.version == form.version);
    RC_ASSERT(decoded.trailing_bytes == 0U);
    RC_ASSERT(decoded.checksum.has_value() == (!v6 && !v2));
    if (!v2) RC_ASSERT((bytes[4] & 0xf0) == 0);
    if (v2) {
      const Authentication expected{form.password ? std::uint8_t{1} : std::uint8_t{0},
                                    form.password.value_or(Password{})};
      RC_ASSERT(decoded.authentication == expected);
    }
  }));
}

}  // namespace
}  // namespace fairlead::vrrp
