#include "node/vrrp/packet.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

// What a message is made of: password, group address, the list of addresses; and the names of what is wrong.
namespace fairlead::vrrp {
namespace {

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

// Bad input: a PASS longer than 8 bytes is cut as keepalived does; a shorter one is padded with zeros.
TEST(Password, IsTheFirstEightBytes) {
  EXPECT_EQ(make_password("12345678"), make_password("123456789"));
  EXPECT_EQ(make_password("1234").bytes, (std::array<std::uint8_t, 8>{'1', '2', '3', '4', 0, 0, 0, 0}));
  EXPECT_EQ(make_password(""), Password{});
}

// VR-002, VR-007.
TEST(MulticastGroup, IsTheOneOfItsFamily) {
  EXPECT_EQ(multicast_group(net::Family::kIPv4), ip("224.0.0.18"));
  EXPECT_EQ(multicast_group(net::Family::kIPv6), ip("ff02::12"));
}

// VR-017: "the first address MUST be the IPv6 link-local address associated with the virtual router".
TEST(AdvertOrder, PutsLinkLocalAddressesOfIpv6First) {
  EXPECT_EQ(in_advert_order({ip("fec0::1"), ip("fe80::2"), ip("2001:db8::1"), ip("fe80::1")}),
            (std::vector{ip("fe80::1"), ip("fe80::2"), ip("2001:db8::1"), ip("fec0::1")}));
}

// VR-019: the same list on all routers, ascending; link-local addresses of IPv4 are no exception.
TEST(AdvertOrder, IsAscendingOverIpv4) {
  EXPECT_EQ(in_advert_order({ip("192.0.2.2"), ip("169.254.0.1"), ip("10.0.0.255"), ip("10.0.1.0")}),
            (std::vector{ip("10.0.0.255"), ip("10.0.1.0"), ip("169.254.0.1"), ip("192.0.2.2")}));
}

// VR-042: the names of RFC 8347, and ours where it has none.
TEST(RejectReason, HasAStableName) {
  const std::pair<RejectReason, std::string_view> rows[] = {
      {RejectReason::kPacketLength, "packet-length"},
      {RejectReason::kIpTtl, "ip-ttl"},
      {RejectReason::kProtocol, "protocol"},
      {RejectReason::kVersion, "version"},
      {RejectReason::kType, "type"},
      {RejectReason::kChecksum, "checksum"},
      {RejectReason::kVrid, "vrid"},
      {RejectReason::kAddressList, "address-list"},
      {RejectReason::kInterval, "interval"},
      {RejectReason::kOwnAddress, "own-address"},
      {RejectReason::kSource, "source"},
      {RejectReason::kAuthentication, "authentication"},
  };
  for (const auto& [reason, name] : rows) EXPECT_EQ(to_string(reason), name);
}

// vrrp.md 2, Limits; FN-23.
TEST(MostAddresses, FollowTheMtuUpToWhatTheCountHolds) {
  EXPECT_EQ(most_addresses(Version::k3, net::Family::kIPv6, 1500), 90U);
  EXPECT_EQ(most_addresses(Version::k3, net::Family::kIPv6, 1280), 77U);
  EXPECT_EQ(most_addresses(Version::k3, net::Family::kIPv6, 9000), 255U);
  EXPECT_EQ(most_addresses(Version::k3, net::Family::kIPv4, 1500), 255U);
  EXPECT_EQ(most_addresses(Version::k3, net::Family::kIPv4, 576), 137U);
  EXPECT_EQ(most_addresses(Version::k2, net::Family::kIPv4, 576), 135U);
  EXPECT_EQ(most_addresses(Version::k3, net::Family::kIPv6, 0), 0U);
}

// As many as that are no larger than the packet may be, and one more is.
TEST(MostAddresses, FillThePacket) {
  for (const int mtu : {576, 1280, 1500}) {
    for (const auto& [version, family] :
         {std::pair{Version::k2, net::Family::kIPv4}, std::pair{Version::k3, net::Family::kIPv4},
          std::pair{Version::k3, net::Family::kIPv6}}) {
      const std::size_t most = most_addresses(version, family, mtu);
      if (most == 255) continue;
      const bool v4 = family == net::Family::kIPv4;
      const Endpoints endpoints{*net::parse_address(v4 ? "192.0.2.1" : "fe80::1"), multicast_group(family)};
      const auto size = [&](std::size_t count) {
        const std::vector<net::IpAddress> addresses(count, endpoints.source);
        const Form form{version, ChecksumForm::kRfc9568, std::nullopt};
        return static_cast<int>(
            encode({VirtualRouterId(51), Priority(100), Centiseconds(100), addresses}, form, endpoints)
                .size() +
            (v4 ? 20U : 40U));
      };
      EXPECT_LE(size(most), mtu);
      EXPECT_GT(size(most + 1), mtu);
    }
  }
}

}  // namespace
}  // namespace fairlead::vrrp
