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
  EXPECT_EQ(audit(interfaces({}), {{kVip, Seconds(1)}}), (Audit{{kVip}, {}, {}, {}}));
}

// vrrp.md 8 (e): a VIP found without a finite lifetime is drift.
TEST(Audit, AVipValidForEverIsDrift) {
  auto forever = ours_at("192.0.2.100/32");
  forever.lasting = true;
  EXPECT_EQ(audit(interfaces({forever}), {{kVip, Seconds(1)}}), (Audit{{}, {kVip}, {}, {}}));
}

// vrrp.md 7.7: a dadfailed flag is repaired.
TEST(Audit, AVipThatFailedDuplicateAddressDetectionIsNoVip) {
  const Placement vip{2, ip("2001:db8::100")};
  auto failed = ours_at("2001:db8::100/128");
  failed.dad_failed = failed.tentative = true;
  EXPECT_EQ(audit(interfaces({failed}), {{vip, Seconds(1)}}), (Audit{{}, {}, {}, {vip}}));
  EXPECT_EQ(audit(interfaces({failed}), {}), (Audit{{}, {}, {vip}, {}}));
  auto put_by_others = failed;
  put_by_others.ours = false;
  put_by_others.lasting = true;
  EXPECT_EQ(audit(interfaces({put_by_others}), {{vip, Seconds(1)}}), (Audit{{}, {}, {}, {vip}}));
  EXPECT_EQ(audit(interfaces({put_by_others}), {}), (Audit{}));
  failed.dad_failed = false;
  EXPECT_EQ(audit(interfaces({failed}), {{vip, Seconds(1)}}), (Audit{})) << "it runs: wait";
}

TEST(Audit, AnAddressOfOursThatNobodyWantsIsSurplus) {
  EXPECT_EQ(audit(interfaces({ours_at("192.0.2.100/32")}), {}), (Audit{{}, {}, {kVip}, {}}));
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

// Kernels before 5.18: what we know to be ours is, if it is there as we put it.
TEST(MarkOurs, MarksKnownAddressesThatAreAsWePutThemAndNoOthers) {
  auto vip = theirs_at("2001:db8::100/128");
  vip.lasting = false;
  vip.deprecated = true;
  auto stranger = vip;
  stranger.prefix = prefix("2001:db8::101/128");
  auto lasting = vip;
  lasting.lasting = true;
  auto preferred = vip;
  preferred.deprecated = false;
  auto wide = vip;
  wide.prefix = prefix("2001:db8::100/64");
  auto actual = interfaces({vip, stranger, lasting, preferred, wide});
  mark_ours(actual, {ip("2001:db8::100")});
  auto marked = vip;
  marked.ours = true;
  EXPECT_EQ(actual, interfaces({marked, stranger, lasting, preferred, wide}));
  EXPECT_EQ(ours(actual), (std::set<net::IpAddress>{ip("2001:db8::100")}));
}

// FN-34: a wanted address that exists and is not ours is never taken over.
TEST(ForeignHolders, NameTheInterfaceOfEachAddressThatIsNotOurs) {
  auto actual = interfaces({theirs_at("192.0.2.10/24"), ours_at("192.0.2.100/32")});
  actual[5].name = "eth5";
  actual[5].addresses = {theirs_at("192.0.2.10/32"), theirs_at("192.0.2.100/32")};
  EXPECT_EQ(foreign_holders(actual),
            (std::map<net::IpAddress, std::string>{{ip("192.0.2.10"), "eth0"}, {ip("192.0.2.100"), "eth5"}}));
}

// VR-001: the interface's primary address; never a VIP (lesson 20), nor a secondary one where there is
// another.
TEST(PrimaryAddress, IsTheFirstLastingAddressThatIsNoVip) {
  auto secondary = theirs_at("192.0.2.9/24");
  secondary.secondary = true;
  auto link_scope = theirs_at("169.254.0.1/16");
  link_scope.global = false;
  const auto actual = interfaces({ours_at("192.0.2.100/32"), theirs_at("2001:db8::1/64"), link_scope,
                                  secondary, theirs_at("192.0.2.10/24"), theirs_at("198.51.100.1/24")});
  EXPECT_EQ(primary_address(actual.at(2), net::Family::kIPv4, {}, {}), ip("192.0.2.10"));
  EXPECT_EQ(primary_address(interfaces({ours_at("192.0.2.100/32")}).at(2), net::Family::kIPv4, {}, {}),
            std::nullopt);
}

// VR-006: of IPv6 the link-local address; never a VIP, nor one that the kernel does not send from yet.
TEST(PrimaryAddress, OfIPv6IsTheFirstUsableLinkLocalAddressThatIsNoVip) {
  auto tentative = theirs_at("fe80::9/64");
  tentative.tentative = true;
  const auto actual =
      interfaces({theirs_at("192.0.2.10/24"), theirs_at("2001:db8::1/64"), ours_at("fe80::5eff:fe00:233/128"),
                  tentative, theirs_at("fe80::1/64"), theirs_at("fe80::2/64")});
  EXPECT_EQ(primary_address(actual.at(2), net::Family::kIPv6, {}, {}), ip("fe80::1"));
  EXPECT_EQ(primary_address(interfaces({tentative}).at(2), net::Family::kIPv6, {}, {}), std::nullopt);
  EXPECT_EQ(
      primary_address(interfaces({ours_at("fe80::5eff:fe00:233/128")}).at(2), net::Family::kIPv6, {}, {}),
      std::nullopt);
}

// The kernel tells of the primary that is gone before it tells that another is primary now (VR-001).
TEST(PrimaryAddress, IsASecondaryOneOnlyWhereThereIsNoPrimary) {
  auto first = theirs_at("192.0.2.9/24");
  auto second = theirs_at("192.0.2.11/24");
  first.secondary = second.secondary = true;
  EXPECT_EQ(primary_address(interfaces({first, second, theirs_at("192.0.2.10/24")}).at(2), net::Family::kIPv4,
                            {}, {}),
            ip("192.0.2.10"));
  EXPECT_EQ(primary_address(interfaces({ours_at("192.0.2.100/32"), first, second}).at(2), net::Family::kIPv4,
                            {}, {}),
            ip("192.0.2.9"));
}

// Of an owner, or of a virtual address that somebody else configured: who holds it elsewhere would take our
// adverts for its own (VR-103).
TEST(PrimaryAddress, IsAVirtualOneOfOthersOnlyWhereThereIsNothingElse) {
  const std::set<net::IpAddress> virtual_addresses{ip("192.0.2.100"), ip("fe80::100")};
  const auto both = interfaces({theirs_at("192.0.2.100/24"), theirs_at("fe80::100/64"),
                                theirs_at("192.0.2.10/24"), theirs_at("fe80::1/64")});
  EXPECT_EQ(primary_address(both.at(2), net::Family::kIPv4, virtual_addresses, {}), ip("192.0.2.10"));
  EXPECT_EQ(primary_address(both.at(2), net::Family::kIPv6, virtual_addresses, {}), ip("fe80::1"));
  EXPECT_EQ(primary_address(both.at(2), net::Family::kIPv6, {}, virtual_addresses), ip("fe80::1"));
  const auto alone = interfaces({theirs_at("192.0.2.100/24"), theirs_at("fe80::100/64")});
  EXPECT_EQ(primary_address(alone.at(2), net::Family::kIPv4, virtual_addresses, {}), ip("192.0.2.100"));
  EXPECT_EQ(primary_address(alone.at(2), net::Family::kIPv6, virtual_addresses, {}), ip("fe80::100"));
}

TEST(Ours, AreAllTaggedAddresses) {
  const auto actual = interfaces({theirs_at("192.0.2.10/24"), ours_at("192.0.2.100/32")});
  EXPECT_EQ(ours(actual), (std::set<net::IpAddress>{ip("192.0.2.100")}));
  EXPECT_NE(find_interface(actual, "eth0"), nullptr);
  EXPECT_EQ(find_interface(actual, "eth1"), nullptr);
}

}  // namespace
}  // namespace fairlead::address
