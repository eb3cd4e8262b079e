#include "node/address/interface_news.h"

#include <gtest/gtest.h>

namespace fairlead::address {
namespace {

net::Prefix prefix(std::string_view text) { return *net::parse_prefix(text); }

InterfaceAddress vip(std::string_view text) { return {prefix(text), true, false, true, false, true}; }

Interface eth0() {
  Interface out;
  out.index = 2;
  out.name = "eth0";
  out.up = true;
  return out;
}

// A renewal is an event of the kernel as any other.
TEST(News, AnAddressThatIsAsItWasChangesNothing) {
  Interfaces known{{2, eth0()}};
  EXPECT_TRUE(put_address(known, 2, vip("192.0.2.100/32")));
  EXPECT_FALSE(put_address(known, 2, vip("192.0.2.100/32")));
  EXPECT_EQ(known.at(2).addresses, std::vector{vip("192.0.2.100/32")});
}

TEST(News, AnAddressWithAnotherPropertyReplacesTheOneKnownInItsPlace) {
  Interfaces known{{2, eth0()}};
  put_address(known, 2, vip("192.0.2.100/32"));
  put_address(known, 2, vip("192.0.2.101/32"));
  auto lasting = vip("192.0.2.100/32");
  lasting.lasting = true;
  EXPECT_TRUE(put_address(known, 2, lasting));
  EXPECT_EQ(known.at(2).addresses, (std::vector{lasting, vip("192.0.2.101/32")}));
}

TEST(News, TheSameAddressOfAnotherLengthIsAnother) {
  Interfaces known{{2, eth0()}};
  put_address(known, 2, vip("192.0.2.100/32"));
  EXPECT_TRUE(put_address(known, 2, vip("192.0.2.100/24")));
  EXPECT_TRUE(remove_address(known, 2, prefix("192.0.2.100/32")));
  EXPECT_EQ(known.at(2).addresses, std::vector{vip("192.0.2.100/24")});
}

TEST(News, AnAddressThatWasNotKnownIsNotRemoved) {
  Interfaces known{{2, eth0()}};
  EXPECT_FALSE(remove_address(known, 2, prefix("192.0.2.100/32")));
}

TEST(News, OfAnInterfaceThatIsNotKnownAnAddressChangesNothing) {
  Interfaces known{{2, eth0()}};
  EXPECT_FALSE(put_address(known, 3, vip("192.0.2.100/32")));
  EXPECT_FALSE(remove_address(known, 3, prefix("192.0.2.100/32")));
  EXPECT_EQ(known, (Interfaces{{2, eth0()}}));
}

TEST(News, ALinkKeepsItsAddressesAndGateways) {
  Interfaces known{{2, eth0()}};
  put_address(known, 2, vip("192.0.2.100/32"));
  known.at(2).gateways = {*net::parse_address("192.0.2.254")};
  EXPECT_FALSE(put_link(known, eth0()));
  auto renamed = eth0();
  renamed.name = "eth9";
  EXPECT_TRUE(put_link(known, renamed));
  EXPECT_EQ(known.at(2).name, "eth9");
  EXPECT_EQ(known.at(2).addresses.size(), 1U);
  EXPECT_EQ(known.at(2).gateways.size(), 1U);
}

TEST(News, ALinkThatWasNotKnownIsTakenIn) {
  Interfaces known;
  EXPECT_TRUE(put_link(known, eth0()));
  EXPECT_EQ(known, (Interfaces{{2, eth0()}}));
}

}  // namespace
}  // namespace fairlead::address
