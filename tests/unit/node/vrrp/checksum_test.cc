#include "node/vrrp/checksum.h"

#include <gtest/gtest.h>

#include "support/hex.h"

namespace fairlead::vrrp {
namespace {

using test::hex;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const char* const kP4 = "31 33 64 01 00 64 a8 02 c0 00 02 64";
const char* const kP5 = "31 33 64 01 00 64 05 69 c0 00 02 64";
const char* const kP6 = "31 33 64 01 00 64 23 70 c0 00 02 64";

// RFC 5798 5.2.8: source, destination, zero, protocol, length. c000 + 020a + e000 + 0012 + 0070 + 000c.
TEST(PseudoHeader, SumsSourceDestinationProtocolAndLength) {
  EXPECT_EQ(pseudo_header_sum({ip("192.0.2.10"), ip("224.0.0.18")}, 12), 0xa299);
  EXPECT_EQ(pseudo_header_sum({ip("192.0.2.10"), ip("224.0.0.18")}, 16), 0xa29d);
}

// RFC 8200 8.1: the same with addresses of 128 bits and a length of 32. fe80 + 1 + ff02 + 12 + 70 + 28.
TEST(PseudoHeader, OfIpv6HasTheWholeAddresses) {
  EXPECT_EQ(pseudo_header_sum({ip("fe80::1"), ip("ff02::12")}, 40), 0xfe2e);
  EXPECT_EQ(pseudo_header_sum({ip("fe80::2:0:1"), ip("ff02::12")}, 40), 0xfe30);
}

// VR-035: each form is known for what it is; P11's source makes both fit, which says nothing.
TEST(MatchChecksum, TellsTheFormsApart) {
  const Endpoints multicast{ip("192.0.2.10"), ip("224.0.0.18")};
  EXPECT_EQ(match_checksum(hex(kP4), multicast), ChecksumMatch::kRfc9568);
  EXPECT_EQ(match_checksum(hex(kP5), multicast), ChecksumMatch::kRfc5798);
  EXPECT_EQ(match_checksum(hex(kP6), {ip("192.0.2.10"), ip("192.0.2.11")}), ChecksumMatch::kRfc5798);
  EXPECT_EQ(match_checksum(hex(kP4), {ip("10.0.21.113"), ip("224.0.0.18")}), ChecksumMatch::kBoth);
}

// vrrp.md 2: a sum made for the multicast group and sent to a peer (keepalived up to 1.3.6) is wrong, and so
// is one made for another source.
TEST(MatchChecksum, RefusesASumForOtherEndpoints) {
  EXPECT_EQ(match_checksum(hex(kP5), {ip("192.0.2.10"), ip("192.0.2.11")}), std::nullopt);
  EXPECT_EQ(match_checksum(hex(kP6), {ip("192.0.2.10"), ip("224.0.0.18")}), std::nullopt);
  EXPECT_EQ(match_checksum(hex(kP5), {ip("192.0.2.12"), ip("224.0.0.18")}), std::nullopt);
}

TEST(ChecksumMatch, HasTheNamesOfTheApi) {
  EXPECT_EQ(to_string(ChecksumMatch::kRfc9568), "RFC9568");
  EXPECT_EQ(to_string(ChecksumMatch::kRfc5798), "RFC5798");
  EXPECT_EQ(to_string(ChecksumMatch::kBoth), "both");
}

}  // namespace
}  // namespace fairlead::vrrp
