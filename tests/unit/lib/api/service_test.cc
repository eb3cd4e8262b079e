#include "lib/api/service.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

TEST(Service, IsReadAsFarAsFairleadNeedsIt) {
  const auto decoded = decode_service(R"({"metadata":{"name":"web","namespace":"shop"},
    "spec":{"type":"LoadBalancer","loadBalancerClass":"fairlead.dev/vip","clusterIPs":["10.96.0.9"],"sessionAffinity":"None",
      "ipFamilies":["IPv6","IPv4"],"ipFamilyPolicy":"RequireDualStack","loadBalancerIP":"192.0.2.10",
      "externalTrafficPolicy":"Cluster","ports":[{"name":"https","port":443,"targetPort":"web","nodePort":30443},
      {"name":"dns","port":53,"targetPort":53,"protocol":"UDP"}],"selector":{"a":"b"}},
    "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.10","ipMode":"Proxy"},{"hostname":"h"}]},
      "conditions":[{"type":"X","status":"Unknown","reason":"r","message":"m","lastTransitionTime":"1970-01-01T00:00:01Z"}]}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  Service expected;
  expected.meta.name = "web";
  expected.meta.namespace_name = "shop";
  expected.type = "LoadBalancer";
  expected.load_balancer_class = "fairlead.dev/vip";
  expected.ports = {{"https", net::Port(443), net::Protocol::kTcp},
                    {"dns", net::Port(53), net::Protocol::kUdp}};
  expected.cluster_ips = {"10.96.0.9"};
  expected.ip_families = {net::Family::kIPv6, net::Family::kIPv4};
  expected.needs_dual_stack = true;
  expected.load_balancer_ip = "192.0.2.10";
  expected.ingress = {{"192.0.2.10", "Proxy"}, {"", ""}};
  expected.conditions = {{"X", ConditionStatus::kUnknown, "r", "m", 0, WallTime(Seconds(1))}};
  EXPECT_EQ(decoded.value, expected);
}

TEST(Service, ItsTrafficRulesAreRead) {
  const auto decoded = decode_service(R"({"metadata":{"name":"web"},"spec":{"sessionAffinity":"ClientIP",
    "sessionAffinityConfig":{"clientIP":{"timeoutSeconds":60}},
    "loadBalancerSourceRanges":["192.0.2.0/24"],"externalTrafficPolicy":"Local"}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.client_ip_affinity, Seconds(60));
  EXPECT_EQ(decoded.value.source_ranges, std::vector<std::string>{"192.0.2.0/24"});
  EXPECT_TRUE(decoded.value.external_traffic_local);
}

// Kubernetes: three hours.
TEST(Service, AffinityOfNoGivenTimeIsKubernetesOwn) {
  const auto affinity = [](const std::string& spec) {
    const auto decoded = decode_service(R"({"metadata":{"name":"web"},"spec":{)" + spec + "}}");
    EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
    return decoded.value.client_ip_affinity;
  };
  EXPECT_EQ(affinity(R"("sessionAffinity":"ClientIP")"), Seconds(10800));
  EXPECT_EQ(affinity(R"("sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{}})"),
            Seconds(10800));
  EXPECT_EQ(affinity(R"("sessionAffinity":"None")"), std::nullopt);
}

// K-27, K-28.
TEST(EncodeServiceStatus, WritesIngressAndConditionsOnly) {
  Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "shop";
  service.meta.resource_version = "8";
  service.ports = {{"https", net::Port(443), net::Protocol::kTcp}};
  service.ingress = {{"192.0.2.10", "Proxy"}};
  service.conditions = {
      {"fairlead.dev/Ready", ConditionStatus::kTrue, "Serving", "", 1, WallTime(Seconds(1))}};
  EXPECT_EQ(
      encode_service_status(service),
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop","resourceVersion":"8"},)"
      R"("status":{"conditions":[{"lastTransitionTime":"1970-01-01T00:00:01Z","message":"","observedGeneration":1,)"
      R"("reason":"Serving","status":"True","type":"fairlead.dev/Ready"}],"loadBalancer":{"ingress":[{"ip":)"
      R"("192.0.2.10","ipMode":"Proxy"}]}}})");
}

TEST(Service, KnowsWhetherItsStatusHasFieldsOfOurs) {
  const auto ours = [](const std::string& managers) {
    const auto decoded = decode_service(R"({"metadata":{"name":"web","managedFields":[)" + managers + "]}}");
    EXPECT_TRUE(decoded.ok()) << to_string(decoded.problems);
    return decoded.value.status_is_ours;
  };
  EXPECT_TRUE(ours(R"({"manager":"kubectl"},{"manager":"fairlead-controller","subresource":"status"})"));
  EXPECT_FALSE(ours(R"({"manager":"fairlead-controller"},{"manager":"x","subresource":"status"})"));
  EXPECT_FALSE(ours(""));
}

// RealServerSets list as many virtual servers.
TEST(Service, OfMoreThan256PortsTheNumberAloneIsRead) {
  const auto read = [](int count) {
    std::string ports;
    for (int i = 1; i <= count; ++i) ports += (i > 1 ? "," : "") + (R"({"port":)" + std::to_string(i) + "}");
    return decode_service(R"({"metadata":{"name":"web"},"spec":{"ports":[)" + ports + "]}}");
  };
  EXPECT_EQ(read(256).value.ports.size(), 256U);
  EXPECT_EQ(read(256).value.too_many_ports, 0U);
  for (const int count : {257, 10000}) {
    const auto decoded = read(count);
    EXPECT_TRUE(decoded.ok());
    EXPECT_TRUE(decoded.value.ports.empty());
    EXPECT_EQ(decoded.value.too_many_ports, static_cast<std::size_t>(count));
  }
}

// No API server admits it; a RealServerSet that lists one twice could not be read (FC-09).
TEST(Service, NamesEachPortAndProtocolOnce) {
  const auto read = [](const std::string& ports) {
    return decode_service(R"({"metadata":{"name":"web"},"spec":{"ports":[)" + ports + "]}}");
  };
  EXPECT_TRUE(read(R"({"port":53},{"port":53,"protocol":"UDP"},{"port":54})").ok());
  EXPECT_EQ(
      to_string(
          read(
              R"({"name":"a","port":53,"protocol":"UDP"},{"port":80},{"name":"b","port":53,"protocol":"UDP"})")
              .problems),
      "spec.ports[2]: must be unique by port and protocol, got 53/UDP again");
  EXPECT_FALSE(read(R"({"port":80},{"port":80,"protocol":"TCP"})").ok()) << "TCP is the default";
}

TEST(EncodeServiceStatus, OfOneGivenUpNothingIsApplied) {
  Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "shop";
  service.meta.resource_version = "8";
  EXPECT_EQ(
      encode_service_given_up(service),
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop","resourceVersion":"8"}})");
}

TEST(EncodeServiceStatus, GivesTheIngressListUpIfEmpty) {
  Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "shop";
  EXPECT_EQ(
      encode_service_status(service),
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},"status":{"loadBalancer":{}}})");
}

// KEP-1669: ready absent means true, serving absent means ready.
TEST(EndpointSlice, TellsReadyServingAndTerminatingApart) {
  const auto decoded = decode_endpoint_slice(R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",
    "metadata":{"name":"web-1","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
    "endpoints":[{"addresses":["192.0.2.21"]},
      {"addresses":["192.0.2.22"],"conditions":{"ready":false},"nodeName":"node-a"},
      {"addresses":["192.0.2.23"],"conditions":{"ready":false,"serving":true,"terminating":true}},
      {"addresses":["192.0.2.24"],"conditions":{"ready":null}}],
    "ports":[{"name":"http","port":8080},{"name":"any","port":null,"protocol":"UDP"}]})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_EQ(decoded.value.service_name, "web");
  EXPECT_EQ(decoded.value.address_type, "IPv4");
  const std::vector<SliceEndpoint> endpoints{{{"192.0.2.21"}, true, true, false, ""},
                                             {{"192.0.2.22"}, false, false, false, "node-a"},
                                             {{"192.0.2.23"}, false, true, true, ""},
                                             {{"192.0.2.24"}, true, true, false, ""}};
  EXPECT_EQ(decoded.value.endpoints, endpoints);
  const std::vector<SlicePort> ports{{"http", net::Port(8080), net::Protocol::kTcp},
                                     {"any", net::Port(0), net::Protocol::kUdp}};
  EXPECT_EQ(decoded.value.ports, ports);
}

TEST(EndpointSlice, RefusesWithPathAndWhatIsAllowed) {
  EXPECT_EQ(
      to_string(decode_endpoint_slice(R"({"metadata":{"name":"x"},"endpoints":[7],"ports":[{"port":-1}]})")
                    .problems),
      "endpoints[0]: must be an object, got a number; ports[0].port: must be 1..65535, got -1");
}

TEST(Node, IsReadAsFarAsFairleadNeedsIt) {
  const auto decoded = decode_node(R"({"metadata":{"name":"node-a"},
    "spec":{"unschedulable":true,"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24","fd00::/64"],
      "taints":[{"key":"node.kubernetes.io/out-of-service","effect":"NoExecute"}]},
    "status":{"conditions":[{"type":"MemoryPressure","status":"True"},{"type":"Ready","status":"True"},
      {"type":"NetworkUnavailable","status":"True"}],
      "addresses":[{"type":"Hostname","address":"node-a"},{"type":"InternalIP","address":"192.0.2.11"},
        {"type":"ExternalIP","address":"198.51.100.11"}]}})");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  Node expected;
  expected.meta.name = "node-a";
  expected.ready = true;
  expected.network_unavailable = true;
  expected.unschedulable = true;
  expected.taints = {{"node.kubernetes.io/out-of-service", "NoExecute"}};
  expected.internal_ips = {"192.0.2.11", "198.51.100.11"};
  expected.pod_cidrs = {"10.1.0.0/24", "fd00::/64"};
  EXPECT_EQ(decoded.value, expected);
}

// Others write there, too, and a Node that cannot be read is taken for none.
TEST(Node, WhateverOthersWriteOfItItIsRead) {
  std::string conditions =
      R"({"type":"Odd","status":"","lastTransitionTime":null},{"type":"Ready","status":"True"})";
  std::string addresses = R"({"type":"InternalIP","address":"192.0.2.11"})";
  std::string taints = R"({"key":"a","effect":"NoSchedule"})";
  for (int i = 0; i < 500; ++i) {
    conditions += R"(,{"type":"Disk)" + std::to_string(i) + R"(","status":"fine"})";
    addresses += R"(,{"type":"Hostname","address":"x"})";
    taints += R"(,{"key":"a","effect":"NoSchedule"})";
  }
  const auto decoded =
      decode_node(R"({"metadata":{"name":"n"},"spec":{"taints":[)" + taints +
                  R"(]},"status":{"conditions":[)" + conditions + R"(],"addresses":[)" + addresses + "]}}");
  ASSERT_TRUE(decoded.ok()) << to_string(decoded.problems);
  EXPECT_TRUE(decoded.value.ready);
  EXPECT_EQ(decoded.value.internal_ips, std::vector<std::string>{"192.0.2.11"});
}

TEST(Node, IsNotReadyUnlessItsConditionSaysTrue) {
  for (const auto* status : {"False", "Unknown", "", "true"}) {
    const auto decoded =
        decode_node(R"({"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":")" +
                    std::string(status) + R"("}]}})");
    EXPECT_FALSE(decoded.value.ready) << status;
  }
  EXPECT_FALSE(decode_node(R"({"metadata":{"name":"n"}})").value.ready);
}

}  // namespace
}  // namespace fairlead::api
