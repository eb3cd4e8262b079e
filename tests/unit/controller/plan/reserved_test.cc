#include "controller/plan/reserved.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// kubernetes.md 1: "Refused always: node, Service and pod ranges, the API address, loopback, multicast, the
// gateway."
namespace fairlead::controller {
namespace {

using namespace testing;

Inputs a_cluster() {
  Inputs inputs = three_nodes();
  inputs.nodes.at({"", "node-a"}).internal_ips = {"198.51.100.9", "not an address"};
  inputs.nodes.at({"", "node-a"}).pod_cidrs = {"10.1.0.0/24", "2001:db8:1::/64"};
  inputs.nodes.at({"", "node-b"}).pod_cidrs = {"10.1.1.0/25"};
  inputs.node_reports.at({"", "node-b"}).spec.interfaces.front().gateways = {ip("192.0.2.254")};
  auto dns = service("dns", "");
  dns.cluster_ips = {"10.96.0.10", "None"};
  put(inputs.services, dns);
  inputs.settings.api_servers = {ip("192.0.2.250")};
  return inputs;
}

TEST(Reserved, EveryKindIsFoundAndSaysWhoseItIs) {
  const ReservedAddresses reserved(a_cluster());
  for (const auto& [address, whose] : std::vector<std::pair<std::string, std::string>>{
           {"198.51.100.9", "the address of node node-a"},
           {"192.0.2.3", "the address of eth0 on node node-c"},
           {"10.1.0.7", "in the Pod range 10.1.0.0/24 of node node-a"},
           {"10.1.1.127", "in the Pod range 10.1.1.0/25 of node node-b"},
           {"2001:db8:1::7", "in the Pod range 2001:db8:1::/64 of node node-a"},
           {"192.0.2.254", "a gateway of node node-b"},
           {"10.96.0.10", "the cluster IP of Service shop/dns"},
           {"192.0.2.250", "the API server's"},
           {"127.9.9.9", "a loopback address"},
           {"239.1.1.1", "a multicast address"},
           {"255.255.255.255", "the broadcast address"},
           {"0.0.0.0", "no address"},
           {"::", "no address"},
           {"::1", "a loopback address"},
           {"ff02::1", "a multicast address"},
           {"::ffff:10.0.0.1", "IPv4 in IPv6"}}) {
    const auto found = reserved.find(ip(address));
    ASSERT_TRUE(found) << address;
    EXPECT_EQ(found->text, whose);
  }
}

TEST(Reserved, OthersAreNot) {
  const ReservedAddresses reserved(a_cluster());
  for (const std::string address : {"192.0.2.100", "10.1.1.128", "10.1.2.0", "2001:db8::1", "128.0.0.1"}) {
    EXPECT_FALSE(reserved.find(ip(address))) << address;
  }
}

TEST(Reserved, TheRestOfARangeIsWhatNoneOfThemHas) {
  const ReservedAddresses reserved(a_cluster());
  const auto rest = [&](const std::string& range) {
    std::string out;
    for (const auto& part : reserved.rest_of(*net::parse_range(range))) out += net::to_string(part) + " ";
    return out;
  };
  EXPECT_EQ(rest("192.0.2.96/27"), net::to_string(*net::parse_range("192.0.2.96/27")) + " ");
  EXPECT_EQ(rest("192.0.2.0-192.0.2.4"), "192.0.2.0-192.0.2.0 192.0.2.4-192.0.2.4 ");
  EXPECT_EQ(rest("192.0.2.1-192.0.2.3"), "");
  EXPECT_EQ(rest("10.0.255.255-10.1.1.128"), "10.0.255.255-10.0.255.255 10.1.1.128-10.1.1.128 ");
  EXPECT_EQ(rest("255.255.255.255"), "");
  EXPECT_EQ(rest("2001:db8:1::/64"), "");
}

TEST(Reserved, ItIsRefusedWithTheReasonForIt) {
  const auto no = refuse_reserved(ReservedAddresses(a_cluster()), ip("192.0.2.254"));
  EXPECT_EQ(no,
            (Refusal{Reason::kReservedAddress, "192.0.2.254 is a gateway of node node-b, ask for another"}));
}

}  // namespace
}  // namespace fairlead::controller
