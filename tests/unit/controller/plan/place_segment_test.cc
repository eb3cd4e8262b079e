#include "controller/plan/place.h"

#include <gtest/gtest.h>

#include "unit/controller/plan/placing.h"

// What a group has of the segment it is in: its family and its members' unicast addresses.
namespace fairlead::controller {
namespace {

using namespace testing;

// api.md, Names: the segment of IPv6 is the first 8 hex digits of the SHA-256 of the covering prefix.
TEST(Place, AVirtualIPOfBothFamiliesHasAGroupInEach) {
  Inputs inputs = with_ipv6();
  auto object = vip("web", "192.0.2.100");
  object.spec.addresses.push_back(ip("2001:db8::1:1"));
  object.spec.forwarding = api::Forwarding::kDelegate;
  put(inputs.virtual_ips, object);
  const auto out = placed(inputs);
  const std::string sixth = api::short_hash("2001:db8::/64").substr(0, 8) + "-v6-1";
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_TRUE(out.groups.contains({"", "192-0-2-0-24-v4-1"}));
  const auto& spec = out.groups.at({"", sixth}).spec;
  EXPECT_EQ(spec.family, net::Family::kIPv6);
  EXPECT_EQ(spec.virtual_router_id, 1);  // VR-025: the families are independent
  ASSERT_EQ(spec.addresses.size(), 1U);
  EXPECT_EQ(spec.addresses.front(),
            (api::GroupAddress{
                ip("2001:db8::1:1"), 128, api::Forwarding::kDelegate, {{"shop", "web", "uid-web"}}}));
  EXPECT_EQ(spec.members.size(), 3U);
}

// An advert at an MTU of 1500 lists 90, and the virtual router's link-local address is one of them.
TEST(Place, AGroupOfFamilyIpv6IsFullWith89Addresses) {
  Inputs inputs = with_ipv6();
  inputs.pools.at({"", "six"}).spec.groups = 1;
  for (int i = 0; i < 90; ++i) {
    put(inputs.virtual_ips, vip("v" + std::to_string(100 + i), "2001:db8::1:" + std::to_string(i)));
  }
  const auto out = placed(inputs);
  ASSERT_EQ(out.groups.size(), 2U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 89U);
}

std::map<std::string, std::optional<net::IpAddress>> unicast_addresses(const Placement& placement) {
  std::map<std::string, std::optional<net::IpAddress>> out;
  for (const auto& member : placement.groups.begin()->second.spec.members) {
    out[member.node] = member.unicast_address;
  }
  return out;
}

// api.md, VRRPGroup: members[].unicastAddress.
TEST(Place, WithUnicastEveryMemberHasItsNodesAddressInTheSegment) {
  Inputs inputs = with_ipv6();
  inputs.pools.at({"", "public"}).spec.vrrp.transport = api::Transport::kUnicast;
  auto& interfaces = inputs.node_reports.at({"", "node-b"}).spec.interfaces;
  interfaces.insert(interfaces.begin(), {"eth1", 1500, true, {*net::parse_prefix("192.0.0.2/16")}, {}});
  add_vips(inputs, 1);
  const auto out = placed(inputs);
  EXPECT_EQ(out.groups.begin()->second.spec.transport, api::Transport::kUnicast);
  EXPECT_EQ(unicast_addresses(out),
            (std::map<std::string, std::optional<net::IpAddress>>{
                {"node-a", ip("192.0.2.1")}, {"node-b", ip("192.0.2.2")}, {"node-c", ip("192.0.2.3")}}));
  inputs.groups = out.groups;
  inputs.pools.at({"", "public"}).spec.vrrp.transport = api::Transport::kMulticast;
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-a"), std::nullopt);
}

// A second address on the node does not move the group; one that is gone does.
TEST(Place, AUnicastAddressStaysWhileTheNodeHasIt) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.vrrp.transport = api::Transport::kUnicast;
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  auto& addresses = inputs.node_reports.at({"", "node-b"}).spec.interfaces.front().addresses;
  addresses.insert(addresses.begin(), *net::parse_prefix("192.0.2.20/24"));
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.2"));
  addresses.pop_back();
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.20"));
  addresses.clear();  // its interface lost the prefix: the member stays, and so does what is known of it
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.2"));
  inputs.node_reports.erase({"", "node-b"});
  EXPECT_EQ(unicast_addresses(placed(inputs)).at("node-b"), ip("192.0.2.2"));
}

}  // namespace
}  // namespace fairlead::controller
