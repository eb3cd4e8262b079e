#include "controller/plan/needed.h"

#include <gtest/gtest.h>

#include <functional>

#include "unit/controller/builders.h"

// What is not needed is no change (informer.h): FC-05, K-29.
namespace fairlead::controller {
namespace {

using namespace testing;

std::string heartbeat(const std::string& version, const std::string& time) {
  return R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"node-a","uid":"u","resourceVersion":")" +
         version + R"(","labels":{"zone":"1"},"annotations":{"seen":")" + time +
         R"("}},"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":")" + time +
         R"("}],"images":[{"names":[")" + time + R"("]}]}})";
}

TEST(Needed, OfAKubeletsHeartbeatNothingButTheVersion) {
  const auto before = needed(api::decode_node(heartbeat("7", "2026-01-01T00:00:00Z")).value);
  auto after = needed(api::decode_node(heartbeat("8", "2026-01-01T00:05:00Z")).value);
  EXPECT_EQ(after.meta.resource_version, "8");
  EXPECT_TRUE(after.ready);
  after.meta.resource_version = "7";
  EXPECT_EQ(after, before);
}

TEST(Needed, OfANodeWhateverSpeaksForOrAgainstIt) {
  const std::vector<std::function<void(api::Node&)>> changes = {
      [](auto& node) { node.ready = false; },
      [](auto& node) { node.network_unavailable = true; },
      [](auto& node) { node.unschedulable = true; },
      [](auto& node) {
        node.taints.push_back({"a", "NoSchedule"});
      },
      [](auto& node) { node.internal_ips.emplace_back("192.0.2.9"); },
      [](auto& node) { node.pod_cidrs.emplace_back("10.9.0.0/24"); },
      [](auto& node) { node.meta.labels["zone"] = "2"; },
      [](auto& node) { node.meta.deleting = true; },
      [](auto& node) { node.meta.uid = "another"; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto changed = node("node-a");
    changes[i](changed);
    EXPECT_NE(needed(changed), needed(node("node-a"))) << "change " << i;
  }
}

TEST(Needed, OfANamespaceItsLabels) {
  api::Namespace home{meta("shop", "")};
  auto noted = home;
  noted.meta.annotations["a"] = "b";
  noted.meta.finalizers.emplace_back("kubernetes");
  EXPECT_EQ(needed(noted), needed(home));
  noted.meta.labels["team"] = "web";
  EXPECT_NE(needed(noted), needed(home));
}

TEST(Needed, OfAnEndpointSliceWhoTakesConnectionsOrHasSomeYet) {
  api::EndpointSlice slice;
  slice.meta = meta("web-1", "shop");
  slice.service_name = "web";
  slice.endpoints = {{{"10.1.0.1"}, true, true, false, "node-a"},
                     {{"10.1.0.2"}, false, true, true, "node-a"},
                     {{"10.1.0.3"}, false, false, true, "node-b"}};
  auto more = slice;
  more.endpoints.push_back({{"10.1.0.4"}, false, false, false, "node-b"});
  more.endpoints.push_back({{"10.1.0.5"}, false, true, false, "node-b"});
  more.meta.annotations["endpoints.kubernetes.io/last-change-trigger-time"] = "2026-01-01T00:00:00Z";
  more.meta.generation = 9;
  EXPECT_EQ(needed(more), needed(slice));
  EXPECT_EQ(needed(slice).endpoints, slice.endpoints);
  more.meta.deleting = true;
  EXPECT_NE(needed(more), needed(slice));
}

TEST(Needed, OfAServiceOfOursOrWithAStatusByUsEverything) {
  const auto ours = service("web", "192.0.2.100");
  EXPECT_EQ(needed(ours, {}), ours);
  auto given_up = ours;
  given_up.load_balancer_class = "another.example/lb";
  given_up.status_is_ours = true;
  EXPECT_EQ(needed(given_up, {}), given_up);
  auto of_none = ours;
  of_none.load_balancer_class.clear();
  EXPECT_EQ(needed(of_none, Settings{true, {}}), of_none) << "we are the default";
  EXPECT_NE(needed(of_none, {}), of_none);
}

TEST(Needed, OfAServiceOfAnotherClassNothingOfWhatItsOwnWrites) {
  auto before = service("web", "192.0.2.100");
  before.load_balancer_class = "another.example/lb";
  before.cluster_ips = {"10.96.0.7"};
  auto after = before;
  after.ingress.push_back({"198.51.100.1", "VIP"});
  after.conditions.emplace_back();
  after.meta.annotations["another.example/announced-by"] = "node-b";
  after.meta.finalizers.emplace_back("another.example/cleanup");
  after.source_ranges = {"10.0.0.0/8"};
  EXPECT_EQ(needed(after, {}), needed(before, {}));
}

// A VirtualIP may name it, or it may become ours.
TEST(Needed, OfAServiceOfAnotherClassWhatAVirtualIPThatNamesItGoesBy) {
  const std::vector<std::function<void(api::Service&)>> changes = {
      [](auto& service) { service.cluster_ips = {"10.96.0.8"}; },
      [](auto& service) { service.ports.front().port = net::Port(81); },
      [](auto& service) { service.too_many_ports = 300; },
      [](auto& service) { service.ip_families = {net::Family::kIPv6}; },
      [](auto& service) { service.needs_dual_stack = true; },
      [](auto& service) { service.external_traffic_local = true; },
      [](auto& service) { service.meta.labels["tier"] = "front"; },
      [](auto& service) { service.meta.uid = "another"; },
      [](auto& service) { service.load_balancer_class = "fairlead.dev/vip"; },
  };
  auto before = service("web", "");
  before.load_balancer_class = "another.example/lb";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto changed = before;
    changes[i](changed);
    EXPECT_NE(needed(changed, {}), needed(before, {})) << "change " << i;
  }
}

}  // namespace
}  // namespace fairlead::controller
