#include "node/filter/clients.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>

// api.md, `sourceRanges`: whom a list lets in, as elements of a set that takes none twice.
namespace fairlead::filter {
namespace {

std::vector<net::Prefix> ranges(const std::vector<std::string>& texts) {
  std::vector<net::Prefix> out;
  for (const auto& text : texts) out.push_back(*net::parse_prefix(text));
  return out;
}
Clients clients(const std::vector<std::string>& texts) {
  const auto all = ranges(texts);
  return {all.begin(), all.end()};
}

constexpr auto kIPv4 = net::Family::kIPv4;
constexpr auto kIPv6 = net::Family::kIPv6;

TEST(ClientsWithin, NoRangesAreEverybody) {
  EXPECT_EQ(clients_within({}, kIPv4), std::nullopt);
  EXPECT_EQ(clients_within({}, kIPv6), std::nullopt);
}

TEST(ClientsWithin, TheWholeFamilyIsEverybodyOfIt) {
  EXPECT_EQ(clients_within(ranges({"192.0.2.0/24", "0.0.0.0/0"}), kIPv4), std::nullopt);
  EXPECT_EQ(clients_within(ranges({"192.0.2.0/24", "0.0.0.0/0"}), kIPv6), Clients{});
  EXPECT_EQ(clients_within(ranges({"::/0"}), kIPv6), std::nullopt);
}

// Where all are of the other family it is closed, not open.
TEST(ClientsWithin, RangesOfTheOtherFamilyLetNobodyIn) {
  EXPECT_EQ(clients_within(ranges({"2001:db8::/32"}), kIPv4), Clients{});
  EXPECT_EQ(clients_within(ranges({"192.0.2.0/24"}), kIPv6), Clients{});
}

TEST(ClientsWithin, HostBitsAreOfNoMatter) {
  EXPECT_EQ(clients_within(ranges({"10.1.2.3/8", "192.0.2.9/32"}), kIPv4),
            clients({"10.0.0.0/8", "192.0.2.9/32"}));
  EXPECT_EQ(clients_within(ranges({"2001:db8::9/32"}), kIPv6), clients({"2001:db8::/32"}));
}

TEST(ClientsWithin, OneWithinAnotherIsLeftOut) {
  EXPECT_EQ(
      clients_within(ranges({"10.9.0.0/16", "10.0.0.0/9", "10.0.0.0/8", "10.0.0.0/8", "11.0.0.0/8"}), kIPv4),
      clients({"10.0.0.0/8", "11.0.0.0/8"}));
}

// Addresses and lengths that often meet.
net::Prefix any_prefix() {
  static const std::vector<std::uint8_t> kBytes{0, 1, 127, 128, 129, 255};
  const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(4, rc::gen::elementOf(kBytes));
  return {net::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}), *rc::gen::inRange(1, 33)};
}

bool lets_in(const std::vector<net::Prefix>& all, const net::IpAddress& client) {
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.contains(client); });
}

TEST(ClientsWithinProperty, LetInWhomTheListLetsInAndNoTwoOverlap) {
  EXPECT_TRUE(rc::check([] {
    std::vector<net::Prefix> list{any_prefix()};
    for (int left = *rc::gen::inRange(0, 8); left > 0; --left) list.push_back(any_prefix());
    const auto found = clients_within(list, kIPv4);
    RC_ASSERT(found.has_value());
    const std::vector<net::Prefix> out(found->begin(), found->end());
    for (const auto& one : out) {
      RC_ASSERT(one == one.network());
      for (const auto& other : out) RC_ASSERT(one == other || !one.contains(other.address));
    }
    for (const auto& one : list) {
      for (const auto& client : {one.address, one.first(), one.last(), any_prefix().address}) {
        RC_ASSERT(lets_in(out, client) == lets_in(list, client));
      }
    }
  }));
}

}  // namespace
}  // namespace fairlead::filter
