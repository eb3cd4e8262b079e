#include "lib/net/prefix.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace fairlead::net {
namespace {

IpAddress ip(std::string_view text) { return *parse_address(text); }
Prefix prefix(std::string_view text) { return *parse_prefix(text); }
AddressRange range(std::string_view text) { return *parse_range(text); }

std::vector<std::string> cover(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& piece : exact_cover(range(text))) out.push_back(to_string(piece));
  return out;
}

TEST(ParsePrefix, KeepsTheHostBits) {
  EXPECT_EQ(to_string(prefix("192.0.2.7/24")), "192.0.2.7/24");
  EXPECT_EQ(to_string(prefix("192.0.2.7/24").network()), "192.0.2.0/24");
  EXPECT_EQ(to_string(prefix("2001:db8::7/128")), "2001:db8::7/128");
  EXPECT_EQ(to_string(prefix("0.0.0.0/0")), "0.0.0.0/0");
}

TEST(ParsePrefix, SaysWhatIsWrong) {
  const char* refused[][2] = {
      {"192.0.2.7", "\"192.0.2.7\" is not a CIDR (address/length)"},
      {"192.0.2/24", "\"192.0.2\" is not an IPv4 or IPv6 address"},
      {"192.0.2.7/33", "\"192.0.2.7/33\": prefix length must be 0..32"},
      {"192.0.2.7/", "\"192.0.2.7/\": prefix length must be 0..32"},
      {"192.0.2.7/-0", "\"192.0.2.7/-0\": prefix length must be 0..32"},
      {"192.0.2.7/024", "\"192.0.2.7/024\": prefix length must be 0..32"},
      {"::/129", "\"::/129\": prefix length must be 0..128"},
  };
  for (const auto& [text, message] : refused) {
    const auto result = parse_prefix(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error(), fail(Code::kInvalid, message));
  }
}

TEST(Prefix, ContainsAddressesOfItsFamilyThatShareItsBits) {
  EXPECT_TRUE(prefix("192.0.2.7/24").contains(ip("192.0.2.255")));
  EXPECT_FALSE(prefix("192.0.2.7/24").contains(ip("192.0.3.0")));
  EXPECT_TRUE(prefix("10.0.0.0/9").contains(ip("10.127.255.255")));
  EXPECT_FALSE(prefix("10.0.0.0/9").contains(ip("10.128.0.0")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(ip("255.1.2.3")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(ip("::1")));
  EXPECT_TRUE(prefix("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(prefix("2001:db8::/33").contains(ip("2001:db8:8000::1")));
}

TEST(ParseRange, ReadsCidrsRangesAndSingleAddresses) {
  EXPECT_EQ(to_string(range("192.0.2.7/29")), "192.0.2.0-192.0.2.7");
  EXPECT_EQ(to_string(range("192.0.2.5-192.0.2.9")), "192.0.2.5-192.0.2.9");
  EXPECT_EQ(to_string(range("192.0.2.5 - 192.0.2.9")), "192.0.2.5-192.0.2.9");
  EXPECT_EQ(to_string(range("192.0.2.5")), "192.0.2.5-192.0.2.5");
  EXPECT_EQ(to_string(range("2001:db8::/127")), "2001:db8::-2001:db8::1");
}

TEST(ParseRange, SaysWhatIsWrong) {
  const std::string order = ": a range needs two addresses of one family, the lower first";
  const std::pair<std::string, std::string> refused[] = {
      {"192.0.2.9-192.0.2.5", "\"192.0.2.9-192.0.2.5\"" + order},
      {"192.0.2.9-::1", "\"192.0.2.9-::1\"" + order},
      {"192.0.2.9-", "\"\" is not an IPv4 or IPv6 address"},
      {"x-192.0.2.9", "\"x\" is not an IPv4 or IPv6 address"},
      {"", "\"\" is not an IPv4 or IPv6 address"},
  };
  for (const auto& [text, message] : refused) {
    const auto result = parse_range(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error(), fail(Code::kInvalid, message));
  }
}

TEST(AddressRange, ContainsItsEndsAndOverlapsWhatSharesAnAddress) {
  EXPECT_TRUE(range("192.0.2.5-192.0.2.9").contains(ip("192.0.2.5")));
  EXPECT_TRUE(range("192.0.2.5-192.0.2.9").contains(ip("192.0.2.9")));
  EXPECT_FALSE(range("192.0.2.5-192.0.2.9").contains(ip("192.0.2.10")));
  EXPECT_FALSE(range("0.0.0.0/0").contains(ip("::")));
  EXPECT_TRUE(range("192.0.2.5-192.0.2.9").overlaps(range("192.0.2.9-192.0.2.20")));
  EXPECT_FALSE(range("192.0.2.5-192.0.2.9").overlaps(range("192.0.2.10-192.0.2.20")));
  EXPECT_FALSE(range("0.0.0.0/0").overlaps(range("::/0")));
}

// api.md, AddressPool: status.cidrs is the exact cover of addresses.
TEST(ExactCover, IsTheShortestListOfCidrs) {
  using Cidrs = std::vector<std::string>;
  EXPECT_EQ(cover("192.0.2.0/24"), Cidrs{"192.0.2.0/24"});
  EXPECT_EQ(cover("192.0.2.100-192.0.2.119"), (Cidrs{"192.0.2.100/30", "192.0.2.104/29", "192.0.2.112/29"}));
  EXPECT_EQ(cover("0.0.0.0-255.255.255.255"), Cidrs{"0.0.0.0/0"});
  EXPECT_EQ(cover("255.255.255.255-255.255.255.255"), Cidrs{"255.255.255.255/32"});
  EXPECT_EQ(cover("192.0.2.255-192.0.3.0"), (Cidrs{"192.0.2.255/32", "192.0.3.0/32"}));
  EXPECT_EQ(cover("2001:db8::1-2001:db8::4"),
            (Cidrs{"2001:db8::1/128", "2001:db8::2/127", "2001:db8::4/128"}));
}

TEST(ExactCover, CoversEveryAddressOnceAndNothingElse) {
  const bool holds = rc::check([](std::uint32_t start, std::uint16_t size) {
    const auto address = [](std::uint32_t value) {
      return IpAddress::v4({static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                            static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
    };
    const std::uint32_t end = start > 0xffffffffU - size ? 0xffffffffU : start + size;
    const AddressRange whole{address(start), address(end)};
    const auto pieces = exact_cover(whole);
    RC_ASSERT(pieces.front().first() == whole.first);
    RC_ASSERT(pieces.back().last() == whole.last);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      RC_ASSERT(pieces[i].address == pieces[i].first());
      if (i == 0) continue;
      IpAddress next = pieces[i - 1].last();
      RC_ASSERT(next.increment());
      RC_ASSERT(pieces[i].first() == next);
    }
    RC_ASSERT(pieces.size() <= 62U);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace fairlead::net
