#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "unit/controller/fake_api.h"

// Four nodes, a pool and what users ask of it, as the API server would have them.
namespace fairlead::controller::testing {

inline json node_json(const std::string& name) {
  return {{"kind", "Node"},
          {"metadata", {{"name", name}}},
          {"status", {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
}
inline json report_json(const std::string& name, int host) {
  return {{"kind", "NodeReport"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"instance", name},
            {"interfaces",
             {{{"name", "eth0"},
               {"mtu", 1500},
               {"up", true},
               {"addresses", {"192.0.2." + std::to_string(host) + "/24"}}}}},
            {"capabilities", {{"ipvs", true}, {"nft", true}}}}}};
}
inline json pool_json() {
  return {{"kind", "AddressPool"},
          {"metadata", {{"name", "public"}}},
          {"spec", {{"addresses", {"192.0.2.96/27"}}}}};
}
inline json vip_json(const std::string& name, const std::string& address, int second) {
  const std::string created = "2026-01-01T00:00:" + std::to_string(10 + second) + "Z";
  return {{"kind", "VirtualIP"},
          {"metadata", {{"name", name}, {"namespace", "shop"}, {"creationTimestamp", created}}},
          {"spec",
           {{"addresses", {address}},
            {"ports", {{{"port", 80}}}},
            {"servers", {{{"address", "10.0.0.1"}}, {{"address", "10.0.0.2"}}}}}}};
}
inline json service_json(const std::string& name, const std::string& address) {
  return {
      {"kind", "Service"},
      {"metadata",
       {{"name", name}, {"namespace", "shop"}, {"annotations", {{"fairlead.dev/loadBalancerIPs", address}}}}},
      {"spec",
       {{"type", "LoadBalancer"},
        {"loadBalancerClass", "fairlead.dev/vip"},
        {"ports", {{{"name", "http"}, {"port", 80}, {"protocol", "TCP"}}}}}}};
}
inline json slice_json(const std::string& service, const std::string& address) {
  return {{"kind", "EndpointSlice"},
          {"metadata",
           {{"name", service + "-1"},
            {"namespace", "shop"},
            {"labels", {{"kubernetes.io/service-name", service}}}}},
          {"addressType", "IPv4"},
          {"ports", {{{"name", "http"}, {"port", 8080}, {"protocol", "TCP"}}}},
          {"endpoints", {{{"addresses", {address}}}}}};
}

inline std::vector<json> a_cluster() {
  std::vector<json> out;
  for (int i = 1; i <= 4; ++i) {
    out.push_back(node_json("node-" + std::to_string(i)));
    out.push_back(report_json("node-" + std::to_string(i), i));
  }
  out.push_back(pool_json());
  for (int i = 0; i < 6; ++i) {
    out.push_back(vip_json("vip-" + std::to_string(i), "192.0.2." + std::to_string(100 + i), i));
  }
  out.push_back(vip_json("thief", "192.0.2.100", 20));
  out.push_back(vip_json("outside", "198.51.100.1", 21));
  out.push_back(service_json("web", "192.0.2.110"));
  out.push_back(slice_json("web", "10.1.0.1"));
  out.push_back(service_json("vip-0", "192.0.2.111"));
  return out;
}

// Every member of every group reports the present generation.
inline void report_all(FakeApi& api, const std::string& master) {
  std::vector<FakeApi::Key> groups;
  for (const auto& [key, object] : api.objects()) {
    if (key.first == "VRRPGroup") groups.push_back(key);
  }
  for (const auto& key : groups) {
    json& object = api.at(key);
    json members = json::array();
    for (const auto& member : object["spec"]["members"]) {
      const std::string node = member["node"];
      members.push_back({{"node", node},
                         {"instance", node},
                         {"state", node == master ? "Master" : "Backup"},
                         {"since", "2026-01-01T00:00:00Z"},
                         {"observedGeneration", object["metadata"]["generation"]},
                         {"programmed", true}});
    }
    object["status"]["members"] = members;
  }
}

// What the controller made, without what differs by the number of writes.
inline std::map<FakeApi::Key, json> result(const FakeApi& api) {
  std::map<FakeApi::Key, json> out;
  for (auto [key, object] : api.objects()) {
    object["metadata"].erase("resourceVersion");
    object["metadata"].erase("generation");
    out.insert({key, object});
  }
  return out;
}

inline void fill(FakeApi& api) {
  for (const auto& object : a_cluster()) api.add(object);
}

// The objects come one after the other, and two controllers that both believe they lead write, each by what
// it saw before the other wrote; in the end nothing is left to write. `look` is called after each write.
inline void two_lead(const std::vector<json>& objects, FakeApi& api, void (*look)(const FakeApi&),
                     std::mt19937& random) {
  Rounds one(api);
  Rounds two(api);
  for (auto* rounds : {&one, &two}) rounds->on_write([&](const Write&) { look(api); });
  std::vector<Write> kept;
  for (const auto& object : objects) {
    api.add(object);
    if (random() % 3 == 0) kept = two.plan();  // carried out later, when it is old
    one.round(random() % 6);
    if (random() % 2 == 0) two.carry_out(kept, random() % 6);
    if (::testing::Test::HasFatalFailure()) return;
  }
  two.carry_out(kept, SIZE_MAX);
  ASSERT_TRUE(one.settle());
  EXPECT_EQ(two.round(SIZE_MAX), 0U);
}

}  // namespace fairlead::controller::testing
