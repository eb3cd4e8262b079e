#include "node/filter/fence.h"

#include <gtest/gtest.h>

// failure-model.md 10.2: the finer fence as a value.
namespace fairlead::filter {
namespace {

net::IpAddress ip(const char* text) { return *net::parse_address(text); }

FencedGroup group(int vrid, std::set<net::IpAddress> addresses) {
  const auto family = addresses.empty() ? net::Family::kIPv4 : addresses.begin()->family();
  return {{7, family, vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid))},
          "eth1",
          std::move(addresses),
          Milliseconds(302)};
}

TEST(FenceTable, HoldsEachGroupUnderWhatItsAdvertsAreKnownBy) {
  const auto four = group(51, {ip("192.0.2.100"), ip("192.0.2.101")});
  const auto six = group(51, {ip("2001:db8::100")});
  const FenceTable table = fence_table({four, six});
  EXPECT_EQ(table.interfaces, (std::map<int, std::string>{{7, "eth1"}}));
  ASSERT_EQ(table.groups.size(), 2U);
  EXPECT_EQ(table.groups.at(four.key), (FenceTable::Group{Milliseconds(302), four.addresses}));
  EXPECT_EQ(table.groups.at(six.key), (FenceTable::Group{Milliseconds(302), six.addresses}));
}

// Routers of several segments have the same link-local address: each one's adverts must keep it heard.
TEST(FenceTable, AnAddressOfTwoGroupsIsRenewedByBothAndIsOneElement) {
  const auto first = group(51, {ip("fe80::100"), ip("2001:db8:1::100")});
  auto second = group(51, {ip("fe80::100"), ip("2001:db8:2::100")});
  second.key.interface = 8;
  second.interface_name = "eth2";
  const FenceTable table = fence_table({first, second});
  EXPECT_EQ(table.groups.at(first.key).addresses, first.addresses);
  EXPECT_EQ(table.groups.at(second.key).addresses, second.addresses);
  EXPECT_EQ(rule_count(table), 7 + 2 * 2 + 2 * 3 + 4);
  EXPECT_EQ(element_count(table), 2 + 3);
}

// The last advert was at most an interval older than the last turn: heard from then on for the group's time.
TEST(FenceTable, AGroupWhoseTimeWasLostIsHeardForWhatItsLastAdvertMayHaveLeftIt) {
  const FenceTable::Group group{Milliseconds(302), {ip("192.0.2.100")}, Milliseconds(100)};
  EXPECT_EQ(reopened_for(group, Microseconds(0)), Milliseconds(202));
  EXPECT_EQ(reopened_for(group, Microseconds(50'100)), Milliseconds(151));
  EXPECT_EQ(reopened_for(group, Milliseconds(202)), Milliseconds(0));
  EXPECT_EQ(reopened_for(group, Seconds(1000)), Milliseconds(0));
}

TEST(FenceTable, NoGroupIsAnEmptyTable) {
  EXPECT_TRUE(fence_table({}).empty());
  EXPECT_FALSE(fence_table({group(51, {ip("192.0.2.100")})}).empty());
}

TEST(FenceTable, CountsWhatTheKernelMustShow) {
  EXPECT_EQ(rule_count(FenceTable{}), 7);
  EXPECT_EQ(element_count(FenceTable{}), 0);
  const FenceTable table = fence_table({group(51, {ip("192.0.2.100"), ip("192.0.2.101")}),
                                        group(52, {ip("192.0.2.102")}), group(51, {ip("2001:db8::100")})});
  EXPECT_EQ(rule_count(table), 7 + 2 + 3 * 3 + 4);
  EXPECT_EQ(element_count(table), 3 + 4);
}

}  // namespace
}  // namespace fairlead::filter
