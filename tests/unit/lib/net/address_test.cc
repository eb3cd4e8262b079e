#include "lib/net/address.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace fairlead::net {
namespace {

IpAddress ip(std::string_view text) { return *parse_address(text); }

// RFC 4291 2.2 in, RFC 5952 4 and 5 out.
TEST(ParseAddress, ReadsEverySpellingAndPrintsTheCanonicalOne) {
  const struct {
    const char* text;
    const char* canonical;
  } accepted[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"192.0.2.1", "192.0.2.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::1", "2001:db8::1"},                              // 4.3: lower case
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},  // 4.1: no leading zeros
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},               // 4.2.3: the first of two equal runs
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},                     // 4.2.3: the longest run
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},             // 4.2.2: a lone zero stays
      {"0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},  // 5: mapped addresses keep the dots
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"::1.2.3.4", "::102:304"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
  };
  for (const auto& [text, canonical] : accepted) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(to_string(*address), canonical) << text;
  }
}

TEST(ParseAddress, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      " ",
                                      "1",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "256.0.0.1",
                                      "01.2.3.4",
                                      "1.2.3.-0",
                                      "1.2.3.+4",
                                      "1.2.3.4 ",
                                      "1.2.3.4/8",
                                      "1..2.3",
                                      "a.b.c.d",
                                      ":",
                                      ":::",
                                      "1:2",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1::2::3",
                                      "12345::",
                                      "g::",
                                      "::%eth0",
                                      "fe80::1%eth0",
                                      "1:2:3:4:5:6:7::8",
                                      "::1:2:3:4:5:6:7:8",
                                      "1.2.3.4::",
                                      "::1.2.3",
                                      "::1.2.3.4:5",
                                      ":1::",
                                      "1:2:3:4:5:6:7:",
                                      "[::1]",
                                      "::0x1",
                                      "::-1"}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().message, "\"" + std::string(text) + "\" is not an IPv4 or IPv6 address");
  }
}

TEST(ParseAddress, RefusesBytesBehindAZeroByte) {
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0x", 9)));
  EXPECT_FALSE(parse_address(std::string_view("::1\0x", 5)));
}

TEST(ParseAddress, ReadsBackWhatWasPrinted) {
  const bool holds = rc::check([](std::array<std::uint8_t, 16> bytes, std::array<bool, 8> zero) {
    for (std::size_t i = 0; i < 8; ++i) {
      if (zero[i]) bytes[2 * i] = bytes[2 * i + 1] = 0;
    }
    const auto v6 = IpAddress::v6(bytes);
    const auto v4 = IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
    RC_ASSERT(*parse_address(to_string(v6)) == v6);
    RC_ASSERT(*parse_address(to_string(v4)) == v4);
  });
  EXPECT_TRUE(holds);
}

// RFC 9568 6.4.3: sender addresses compare as unsigned integers in network byte order.
TEST(IpAddress, IsOrderedUnsignedInNetworkByteOrderWithIPv4First) {
  const char* ordered[] = {
      "0.0.0.0", "1.0.0.255", "9.255.0.0", "10.0.0.1", "127.0.0.1", "128.0.0.0", "255.0.0.0",
      "::",      "::1",       "1::",       "7f00::",   "8000::",    "ff02::12"};
  for (std::size_t i = 0; i + 1 < std::size(ordered); ++i)
    EXPECT_LT(ip(ordered[i]), ip(ordered[i + 1])) << ordered[i];
}

TEST(IpAddress, IncrementAndDecrementCarryAndStopAtTheEnds) {
  const char* steps[][2] = {{"192.0.2.1", "192.0.2.2"},
                            {"192.0.2.255", "192.0.3.0"},
                            {"0.255.255.255", "1.0.0.0"},
                            {"2001:db8::ffff", "2001:db8::1:0"}};
  for (const auto& [from, to] : steps) {
    IpAddress address = ip(from);
    EXPECT_TRUE(address.increment());
    EXPECT_EQ(to_string(address), to);
    EXPECT_TRUE(address.decrement());
    EXPECT_EQ(to_string(address), from);
  }
  for (const auto* last : {"255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    IpAddress address = ip(last);
    EXPECT_FALSE(address.increment());
    EXPECT_EQ(to_string(address), last);
  }
  for (const auto* first : {"0.0.0.0", "::"}) {
    IpAddress address = ip(first);
    EXPECT_FALSE(address.decrement());
    EXPECT_EQ(to_string(address), first);
  }
}

TEST(IpAddress, KnowsItsKind) {
  const struct {
    const char* text;
    const char* kind;
  } cases[] = {{"0.0.0.0", "unspecified"},
               {"::", "unspecified"},
               {"127.0.0.1", "loopback"},
               {"127.255.0.9", "loopback"},
               {"::1", "loopback"},
               {"224.0.0.18", "multicast"},
               {"239.1.1.1", "multicast"},
               {"ff02::12", "multicast"},
               {"169.254.1.1", "link-local"},
               {"fe80::1", "link-local"},
               {"febf::1", "link-local"},
               {"::ffff:1.2.3.4", "mapped"},
               {"192.0.2.1", ""},
               {"223.255.255.255", ""},
               {"240.0.0.1", ""},
               {"2001:db8::1", ""},
               {"fec0::1", ""},
               {"::2", ""},
               {"1::1", ""},
               {"::fffe:1.2.3.4", ""}};
  for (const auto& [text, kind] : cases) {
    const IpAddress address = ip(text);
    std::string found;
    if (address.is_unspecified()) found += "unspecified";
    if (address.is_loopback()) found += "loopback";
    if (address.is_multicast()) found += "multicast";
    if (address.is_link_local()) found += "link-local";
    if (address.is_v4_mapped()) found += "mapped";
    EXPECT_EQ(found, kind) << text;
  }
}

TEST(IpAddress, GivesItsBytesAndBits) {
  EXPECT_EQ(ip("192.0.2.1").bytes().size(), 4U);
  EXPECT_EQ(ip("::1").bytes().size(), 16U);
  EXPECT_TRUE(ip("128.0.0.1").bit(0));
  EXPECT_FALSE(ip("128.0.0.1").bit(30));
  EXPECT_TRUE(ip("128.0.0.1").bit(31));
  EXPECT_EQ(IpAddress(), ip("0.0.0.0"));
  EXPECT_EQ(to_string(ip("::1").family()), "IPv6");
}

}  // namespace
}  // namespace fairlead::net
