#include "controller/plan/names.h"

#include <gtest/gtest.h>

#include "lib/api/vrrp_group.h"

// api.md, "Names of generated objects".
namespace fairlead::controller {
namespace {

TEST(Names, GroupOfACoveringPrefix) {
  const auto network = *net::parse_prefix("192.0.2.7/24");
  EXPECT_EQ(group_name(segment_of(network), net::Family::kIPv4, 51), "192-0-2-0-24-v4-51");
}

TEST(Names, SixthVersionPrefixIsEightDigitsOfItsHash) {
  const auto network = *net::parse_prefix("2001:db8::1/64");
  EXPECT_EQ(segment_of(network), api::short_hash("2001:db8::/64").substr(0, 8));
}

TEST(Names, GroupOfAPoolInterface) {
  EXPECT_EQ(group_name(segment_of_interface("eth0"), net::Family::kIPv4, 1), "eth0-v4-1");
  EXPECT_EQ(segment_of_interface("eth0.100"), "eth0.100");
}

TEST(Names, InterfaceThatChangesGetsTheHashOfTheOriginal) {
  EXPECT_EQ(segment_of_interface("Bond_0"), "bond-0-" + api::short_hash("Bond_0"));
  EXPECT_EQ(segment_of_interface("veth@4"), "veth-4-" + api::short_hash("veth@4"));
  EXPECT_NE(segment_of_interface("ETH0"), segment_of_interface("eth0"));
}

TEST(Names, RealServerSetCarriesFamilyAndSlice) {
  EXPECT_EQ(real_server_set_name("web", net::Family::kIPv4, 0), "web-v4-0");
  EXPECT_EQ(real_server_set_name("web", net::Family::kIPv6, 3), "web-v6-3");
}

TEST(Names, LongNamesAreCutAndHashed) {
  const std::string name(253, 'a');
  const auto set = real_server_set_name(name, net::Family::kIPv4, 0);
  EXPECT_EQ(set.size(), 253U);
  EXPECT_TRUE(set.ends_with("-" + api::short_hash(name + "-v4-0")));
  EXPECT_EQ(label_value("web"), "web");
  EXPECT_EQ(label_value(name).size(), 63U);
}

}  // namespace
}  // namespace fairlead::controller
