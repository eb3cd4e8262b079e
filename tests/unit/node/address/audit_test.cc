#include "node/address/audit.h"

#include <gtest/gtest.h>

namespace fairlead::address {
namespace {

net::Prefix prefix(std::string_view text) { return *net::parse_prefix(text); }
net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

InterfaceAddress ours_at(std::string_view text) { return {prefix(text), true, false, true, false}; }
InterfaceAddress theirs_at(std::string_view text) { return {prefix(text), false, true, true, false}; }

Interfaces interfaces(std::vector<InterfaceAddress> addresses) {
  Interface eth0;
  eth0.index = 2;
  eth0.name = "eth0";
  eth0.addresses = std::move(addresses);
  return {{2, eth0}};
}

const Placement kVip{2, ip("192.0.2.100")};

TEST(Audit, AnAddressThatIsThereNeedsNothing) {
  const auto actual = interfaces({theirs_at("192.0.2.10/24"), ours_at("192.0.2.100/32")});
  EXPECT_EQ(audit(actual, {{kVip, Seconds(1)}}), (Audit{}));
}

// FN-06: removed by NetworkManager, networkd or a person.
TEST(Audit, ADesiredAddressThatIsGoneIsMissing) {
  EXPECT_EQ(audit(interfaces({}), {{kVip, Seconds(1)}}), (Audit{{kVip}, {}, {}}));
}

// vrrp.md 8 (e): a VIP found without a finite lifetime is drift.
TEST(Audit, AVipValidForEverIsDrift) {
  auto forever = ours_at("192.0.2.100/32");
  forever.lasting = true;
  EXPECT_EQ(audit(interfaces({forever}), {{kVip, Seconds(1)}}), (Audit{{}, {kVip}, {}}));
}

TEST(Audit, AnAddressOfOursThatNobodyWantsIsSurplus) {
  EXPECT_EQ(audit(interfaces({ours_at("192.0.2.100/32")}), {}), (Audit{{}, {}, {kVip}}));
}

// I-6, D-5: what carries no mark of ours is never removed.
TEST(Audit, AddressesOfOthersAreNeverSurplus) {
  EXPECT_EQ(audit(interfaces({theirs_at("192.0.2.10/24"), theirs_at("192.0.2.100/32")}), {}), (Audit{}));
}

// FN-01: "else drop first".
TEST(Leftovers, AreAddressesWithOurTagAndOwnedOnesOfLimitedLife) {
  auto limited = theirs_at("192.0.2.101/32");
  limited.lasting = false;
  const auto actual = interfaces(
      {theirs_at("192.0.2.10/24"), ours_at("192.0.2.100/32"), limited, theirs_at("192.0.2.102/32")});
  EXPECT_EQ(leftovers(actual, {ip("192.0.2.101"), ip("192.0.2.102"), ip("192.0.2.10")}),
            (std::vector<Placement>{kVip, {2, ip("192.0.2.101")}}));
  EXPECT_EQ(leftovers(actual, {}), (std::vector<Placement>{kVip}));
}

// FN-34: a wanted address that exists and is not ours is never taken over.
TEST(ForeignHolder, NamesTheInterfaceOfAnAddressThatIsNotOurs) {
  const auto actual = interfaces({theirs_at("192.0.2.10/24"), ours_at("192.0.2.100/32")});
  EXPECT_EQ(foreign_holder(actual, ip("192.0.2.10")), "eth0");
  EXPECT_EQ(foreign_holder(actual, ip("192.0.2.100")), std::nullopt);
}

// VR-001: the interface's primary address; never a VIP (lesson 20), never a secondary one.
TEST(PrimaryAddress, IsTheFirstLastingAddressThatIsNoVip) {
  auto secondary = theirs_at("192.0.2.9/24");
  secondary.secondary = true;
  auto link_scope = theirs_at("169.254.0.1/16");
  link_scope.global = false;
  const auto actual = interfaces({ours_at("192.0.2.100/32"), theirs_at("2001:db8::1/64"), link_scope,
                                  secondary, theirs_at("192.0.2.10/24"), theirs_at("198.51.100.1/24")});
  EXPECT_EQ(primary_address(actual.at(2)), ip("192.0.2.10"));
  EXPECT_EQ(primary_address(interfaces({ours_at("192.0.2.100/32")}).at(2)), std::nullopt);
}

TEST(Ours, AreAllTaggedAddresses) {
  const auto actual = interfaces({theirs_at("192.0.2.10/24"), ours_at("192.0.2.100/32")});
  EXPECT_EQ(ours(actual), (std::set<net::IpAddress>{ip("192.0.2.100")}));
  EXPECT_NE(find_interface(actual, "eth0"), nullptr);
  EXPECT_EQ(find_interface(actual, "eth1"), nullptr);
}

}  // namespace
}  // namespace fairlead::address
