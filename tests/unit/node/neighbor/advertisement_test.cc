#include "node/neighbor/advertisement.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

#include "support/hex.h"

namespace fairlead::neighbor {
namespace {

using test::hex;

net::IpAddress ip(const char* text) { return *net::parse_address(text); }

const net::MacAddress kMac{{0x02, 0, 0, 0, 0, 0x10}};
const net::IpAddress kVip = ip("2001:db8::100");

// vrrp.md 2, N1.
const char* const kN1 =
    "33 33 00 00 00 01 02 00 00 00 00 10 86 dd 60 00 00 00 00 20 3a ff "
    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00 ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01 "
    "88 00 f7 1d 20 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00 02 01 02 00 00 00 00 10";

// A solicitation for kVip as Linux sends it, from fe80::2 at 02:00:00:00:00:11.
const char* const kSolicitation =
    "33 33 ff 00 01 00 02 00 00 00 00 11 86 dd 60 00 00 00 00 20 3a ff "
    "fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 01 00 "
    "87 00 00 00 00 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00 01 01 02 00 00 00 00 11";

constexpr std::size_t kIcmp = 54;

// The checksum of RFC 4443 section 2.3, computed a second time on purpose.
net::Bytes with_checksum(net::Bytes frame) {
  frame[kIcmp + 2] = frame[kIcmp + 3] = 0;
  const std::size_t length = static_cast<std::size_t>(frame[18] << 8 | frame[19]);
  std::uint64_t sum = length + 58;
  for (std::size_t i = 22; i < kIcmp; i += 2) sum += static_cast<std::uint64_t>(frame[i] << 8 | frame[i + 1]);
  for (std::size_t i = kIcmp; i < kIcmp + length && i < frame.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint64_t>(frame[i]) << 8 : frame[i];
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  frame[kIcmp + 2] = static_cast<std::uint8_t>(~sum >> 8);
  frame[kIcmp + 3] = static_cast<std::uint8_t>(~sum);
  return frame;
}

net::Bytes changed(net::Bytes frame, std::size_t at, std::initializer_list<int> bytes) {
  for (const int byte : bytes) frame[at++] = static_cast<std::uint8_t>(byte);
  return frame;
}
// With other options; the IPv6 length follows.
net::Bytes with_options(net::Bytes frame, const net::Bytes& options) {
  frame.resize(kIcmp + 24);
  frame.insert(frame.end(), options.begin(), options.end());
  frame[19] = static_cast<std::uint8_t>(24 + options.size());
  return frame;
}

// VR-063: O=1, S=0, and R as configured; to all nodes, hop limit 255, from the VIP.
TEST(UnsolicitedAdvertisement, IsVectorN1) {
  EXPECT_EQ(encode(unsolicited_advertisement(kMac, kVip, false)), hex(kN1));
  EXPECT_EQ(decode_neighbor_advertisement(hex(kN1)), unsolicited_advertisement(kMac, kVip, false));
}

TEST(UnsolicitedAdvertisement, OfARouterIsVectorN2) {
  const net::Bytes n2 = changed(changed(hex(kN1), 58, {0xa0}), kIcmp + 2, {0x77, 0x1d});
  EXPECT_EQ(encode(unsolicited_advertisement(kMac, kVip, true)), n2);
  EXPECT_EQ(decode_neighbor_advertisement(n2), unsolicited_advertisement(kMac, kVip, true));
}

TEST(UnsolicitedAdvertisement, OfTheVirtualMacIsVectorN3) {
  const net::MacAddress virtual_mac{{0, 0, 0x5e, 0, 0x02, 0x33}};
  net::Bytes n3 = changed(hex(kN1), 6, {0, 0, 0x5e, 0, 0x02, 0x33});
  n3 = changed(changed(n3, 80, {0, 0, 0x5e, 0, 0x02, 0x33}), kIcmp + 2, {0x98, 0xfa});
  EXPECT_EQ(encode(unsolicited_advertisement(virtual_mac, kVip, false)), n3);
}

TEST(NeighborSolicitation, IsReadWithItsSource) {
  const NeighborSolicitation expected{{{0x33, 0x33, 0xff, 0, 1, 0}},
                                      {{2, 0, 0, 0, 0, 0x11}},
                                      ip("fe80::2"),
                                      ip("ff02::1:ff00:100"),
                                      kVip,
                                      net::MacAddress{{2, 0, 0, 0, 0, 0x11}}};
  EXPECT_EQ(decode_neighbor_solicitation(with_checksum(hex(kSolicitation))), expected);
}

TEST(NeighborSolicitation, OfDuplicateAddressDetectionHasNoSource) {
  const net::Bytes unspecified =
      changed(hex(kSolicitation), 22, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto read = decode_neighbor_solicitation(with_checksum(with_options(unspecified, {})));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->source_ip.is_unspecified());
  EXPECT_EQ(read->source_mac, std::nullopt);
}

// RFC 4861 sections 7.1.1 and 7.1.2: what must be taken though it looks odd.
TEST(NeighborMessages, AcceptedThoughOdd) {
  net::Bytes padded = hex(kN1);
  padded.resize(128, 0xee);
  const struct {
    const char* what;
    net::Bytes frame;
    bool has_mac;
  } table[] = {
      {"padding behind it", padded, true},
      {"no option", with_checksum(with_options(hex(kN1), {})), false},
      {"an unknown option in front",
       with_checksum(with_options(hex(kN1), hex("0e 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
                                                "02 01 02 00 00 00 00 10"))),
       true},
      {"a link address of another length",
       with_checksum(with_options(hex(kN1), hex("02 02 02 00 00 00 00 10 "
                                                "00 00 00 00 00 00 00 00"))),
       false},
      {"a source link address, which is none of its options",
       with_checksum(with_options(hex(kN1), hex("01 01 02 00 00 00 00 10"))), false},
      {"reserved bits set", with_checksum(changed(hex(kN1), 58, {0x3f, 0xff, 0xff, 0xff})), true},
      {"a traffic class and a flow label", changed(hex(kN1), 14, {0x6c, 0x01, 0x23, 0x45}), true},
      {"solicited, to one node",
       with_checksum(changed(changed(hex(kN1), 38, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}),
                             58, {0x60})),
       true},
  };
  for (const auto& row : table) {
    const auto read = decode_neighbor_advertisement(row.frame);
    ASSERT_TRUE(read) << row.what;
    EXPECT_EQ(read->target, kVip) << row.what;
    EXPECT_EQ(read->target_mac.has_value(), row.has_mac) << row.what;
  }
}

TEST(NeighborMessages, Refused) {
  const struct {
    const char* what;
    net::Bytes frame;
  } table[] = {
      {"not IPv6 by its type", changed(hex(kN1), 12, {0x08, 0x00})},
      {"not version 6", changed(hex(kN1), 14, {0x40})},
      {"another next header", changed(hex(kN1), 20, {0x11})},
      {"an extension header in front", changed(hex(kN1), 20, {0x00})},
      {"hop limit 254", changed(hex(kN1), 21, {254})},
      {"a length beyond the frame", with_checksum(changed(hex(kN1), 18, {0x00, 0x28}))},
      {"a length below 24", with_checksum(changed(hex(kN1), 18, {0x00, 0x10}))},
      {"another type", with_checksum(changed(hex(kN1), kIcmp, {134}))},
      {"a solicitation", with_checksum(hex(kSolicitation))},
      {"code 1", with_checksum(changed(hex(kN1), kIcmp + 1, {1}))},
      {"a wrong checksum", changed(hex(kN1), kIcmp + 2, {0xf7, 0x1e})},
      {"a multicast target", with_checksum(changed(hex(kN1), kIcmp + 8, {0xff, 0x02}))},
      {"solicited, to all nodes", with_checksum(changed(hex(kN1), 58, {0x60}))},
      {"an option of length 0", with_checksum(with_options(hex(kN1), hex("02 00 02 00 00 00 00 10")))},
      {"an option beyond the message", with_checksum(with_options(hex(kN1), hex("02 02 02 00 00 00 00 10")))},
      {"one byte of an option", with_checksum(with_options(hex(kN1), hex("02")))},
  };
  for (const auto& row : table) EXPECT_EQ(decode_neighbor_advertisement(row.frame), std::nullopt) << row.what;
  net::Bytes cut = hex(kN1);
  while (!cut.empty()) {
    cut.pop_back();
    EXPECT_EQ(decode_neighbor_advertisement(cut), std::nullopt) << cut.size();
  }
}

TEST(NeighborSolicitation, Refused) {
  const net::Bytes good = with_checksum(hex(kSolicitation));
  const net::Bytes unspecified =
      changed(hex(kSolicitation), 22, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const struct {
    const char* what;
    net::Bytes frame;
  } table[] = {
      {"an advertisement", hex(kN1)},
      {"hop limit 1", changed(good, 21, {1})},
      {"a wrong checksum", changed(good, kIcmp + 2, {0, 0})},
      {"a multicast target", with_checksum(changed(good, kIcmp + 8, {0xff, 0x02}))},
      {"no source, and a link address of it", with_checksum(unspecified)},
      {"no source, to all nodes",
       with_checksum(
           with_options(changed(unspecified, 38, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), {}))},
  };
  for (const auto& row : table) EXPECT_EQ(decode_neighbor_solicitation(row.frame), std::nullopt) << row.what;
}

// F3: any advertisement goes there and back, the checksum is that of an independent sum; any bytes are read.
TEST(NeighborMessages, ReadBackEveryEncodedFrame) {
  EXPECT_TRUE(rc::check([](std::array<std::uint8_t, 6> mac, std::array<std::uint8_t, 16> address,
                           bool router) {
    address[0] &= 0x7f;  // no multicast target
    const auto sent = unsolicited_advertisement(net::MacAddress{mac}, net::IpAddress::v6(address), router);
    net::Bytes frame = encode(sent);
    RC_ASSERT(with_checksum(frame) == frame);
    RC_ASSERT(decode_neighbor_advertisement(frame) == sent);
  }));
  EXPECT_TRUE(rc::check([](const net::Bytes& bytes) {
    (void)decode_neighbor_advertisement(bytes);
    (void)decode_neighbor_solicitation(bytes);
  }));
  EXPECT_TRUE(rc::check([](std::uint8_t at, std::uint8_t value, std::uint8_t length) {
    net::Bytes frame = hex(kN1);
    frame[at % frame.size()] = value;
    frame.resize(length % (frame.size() + 1));
    (void)decode_neighbor_advertisement(with_checksum(hex(kN1)));
    (void)decode_neighbor_advertisement(frame);
  }));
}

}  // namespace
}  // namespace fairlead::neighbor
