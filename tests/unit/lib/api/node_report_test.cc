#include "lib/api/node_report.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

NodeReport example() {
  NodeReport out;
  out.meta.name = "node-a";
  out.meta.owner_references = {{"v1", "Node", "node-a", "n1", false}};
  out.spec.instance = "5e0f";
  out.spec.version = "0.1.0";
  out.spec.interfaces = {
      {"eth0", 1500, true, {*net::parse_prefix("192.0.2.11/24")}, {*net::parse_address("192.0.2.1")}},
      {"eth1", 9000, false, {}, {}}};
  out.spec.capabilities = {true, {"rr", "wlc"}, true, "6.1.0"};
  out.spec.heard_virtual_routers = {{"eth0", net::Family::kIPv4, 51, *net::parse_address("192.0.2.99")}};
  out.spec.problems = {"sysctl net.ipv4.vs.conntrack is 0, want 1"};
  return out;
}

TEST(NodeReport, IsReadBackAsTheSameValue) {
  for (const auto& expected : {example(), NodeReport{}}) {
    NodeReport report = expected;
    report.meta.name = "node-a";
    const auto decoded = decode_node_report(encode_node_report(report));
    ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
    EXPECT_EQ(decoded.value, report);
  }
}

TEST(NodeReport, IsWrittenWithItsOwnerAndSpecOnly) {
  EXPECT_EQ(
      encode_node_report(example()),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"NodeReport","metadata":{"name":"node-a","ownerReferences":)"
      R"([{"apiVersion":"v1","kind":"Node","name":"node-a","uid":"n1"}]},"spec":{"capabilities":{"ipvs":true,)"
      R"("kernel":"6.1.0","nft":true,"schedulers":["rr","wlc"]},"heardVirtualRouters":[{"family":"IPv4","interface":)"
      R"("eth0","source":"192.0.2.99","virtualRouterID":51}],"instance":"5e0f","interfaces":[{"addresses":)"
      R"(["192.0.2.11/24"],"gateways":["192.0.2.1"],"mtu":1500,"name":"eth0","up":true},{"mtu":9000,"name":"eth1",)"
      R"("up":false}],"problems":["sysctl net.ipv4.vs.conntrack is 0, want 1"],"version":"0.1.0"}})");
}

TEST(NodeReport, RefusesWithPathAndWhatIsAllowed) {
  const auto decoded =
      decode_node_report(R"({"metadata":{"name":"n"},"spec":{"interfaces":[{"addresses":["192.0.2.1"],
    "gateways":["gw"],"mtu":"big","up":1}],"heardVirtualRouters":[{"interface":"e","virtualRouterID":256}],"capabilities":[]}})");
  EXPECT_EQ(
      to_string(decoded.problems),
      "spec.interfaces[0].name: required; spec.interfaces[0].mtu: must be a whole number, got a string; "
      "spec.interfaces[0].up: must be a boolean, got a number; "
      "spec.interfaces[0].addresses[0]: must be a CIDR (address/length), got \"192.0.2.1\"; "
      "spec.interfaces[0].gateways[0]: must be an IPv4 or IPv6 address, got \"gw\"; "
      "spec.capabilities: must be an object, got a list; "
      "spec.heardVirtualRouters[0].virtualRouterID: must be 1..255, got 256; "
      "spec.heardVirtualRouters[0].source: required");
}

}  // namespace
}  // namespace fairlead::api
