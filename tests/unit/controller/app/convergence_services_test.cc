#include <gtest/gtest.h>

#include <random>

#include "unit/controller/app/cluster.h"

// kubernetes.md 7, FC-16: "Service flips type, policy or ports fast: last state wins, old VIP withdrawn".
namespace fairlead::controller {
namespace {

using namespace testing;

const FakeApi::Key kWeb{"Service", {"shop", "web"}};

// One state of the Service: what it asks for, if it is ours.
struct State {
  bool ours = true;
  std::string address = "192.0.2.101";
  std::vector<int> ports{80};
};

json service_in(const State& state, const std::string& type, const std::string& load_balancer_class) {
  json out = service_json("web", state.address);
  out["spec"]["type"] = type;
  out["spec"]["loadBalancerClass"] = load_balancer_class;
  out["spec"]["ports"] = json::array();
  for (const int port : state.ports) {
    out["spec"]["ports"].push_back({{"name", "p" + std::to_string(port)}, {"port", port}});
  }
  return out;
}

json service_of(const State& state) {
  return service_in(state, state.ours ? "LoadBalancer" : "ClusterIP", "fairlead.dev/vip");
}

// As a user edits it: the status stays.
void put_service(FakeApi& api, json object) {
  if (api.has(kWeb)) {
    object["metadata"]["uid"] = api.at(kWeb)["metadata"]["uid"];
    for (const std::string field : {"/status", "/metadata/managedFields"}) {
      const json::json_pointer at(field);
      if (api.at(kWeb).contains(at)) object[at] = api.at(kWeb)[at];
    }
  }
  api.add(std::move(object));
}

void flip(FakeApi& api, std::mt19937& random) {
  const std::vector<std::vector<int>> ports{{80}, {443}, {80, 443}, {}};
  const std::vector<std::string> addresses{"192.0.2.101", "192.0.2.102", "192.0.2.300", ""};
  const State state{true, addresses[random() % addresses.size()], ports[random() % ports.size()]};
  switch (random() % 5) {
    case 0:
      if (api.has(kWeb)) api.remove(kWeb);
      return;
    case 1:
      return put_service(api, service_in(state, "ClusterIP", "fairlead.dev/vip"));
    case 2:
      return put_service(api, service_in(state, "LoadBalancer", "example.com/other"));
    default:
      return put_service(api, service_of(state));
  }
}

std::vector<json> all_of(const FakeApi& api, const std::string& kind) {
  std::vector<json> out;
  for (const auto& [key, object] : api.objects()) {
    if (key.first == kind) out.push_back(object);
  }
  return out;
}

// Until nodes and controller have nothing to say any more.
void come_to_rest(FakeApi& api, Rounds& rounds) {
  for (int i = 0; i < 10; ++i) {
    report_all(api, "node-1");
    ASSERT_TRUE(rounds.settle());
    rounds.pass(Seconds(1));
  }
}

void expect_nothing_left(const FakeApi& api) {
  for (const std::string kind : {"VirtualIP", "AddressClaim", "VRRPGroup", "RealServerSet"}) {
    EXPECT_TRUE(all_of(api, kind).empty()) << kind << " " << all_of(api, kind).front();
  }
}

void expect_served(const FakeApi& api, const State& state) {
  ASSERT_EQ(all_of(api, "VirtualIP").size(), 1U);
  const auto claims = all_of(api, "AddressClaim");
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims[0]["spec"]["address"], state.address);
  const auto groups = all_of(api, "VRRPGroup");
  ASSERT_EQ(groups.size(), 1U);
  ASSERT_EQ(groups[0]["spec"]["addresses"].size(), 1U);
  EXPECT_EQ(groups[0]["spec"]["addresses"][0]["address"], state.address);
  const auto sets = all_of(api, "RealServerSet");
  ASSERT_EQ(sets.size(), 1U);
  std::vector<int> ports;
  for (const auto& server : sets[0]["spec"]["virtualServers"]) ports.push_back(server["port"]);
  EXPECT_EQ(ports, state.ports);
}

void add_nodes_and_pool(FakeApi& api) {
  for (int i = 1; i <= 3; ++i) {
    api.add(node_json("node-" + std::to_string(i)));
    api.add(report_json("node-" + std::to_string(i), i));
  }
  api.add(pool_json());
}

TEST(ServiceFlips, WhateverComesInBetweenTheLastStateWins) {
  for (unsigned seed = 0; seed < 16; ++seed) {
    std::mt19937 random(seed);
    FakeApi api;
    add_nodes_and_pool(api);
    Rounds rounds(api);
    for (int step = 0; step < 25; ++step) {
      flip(api, random);
      if (random() % 2 == 0) report_all(api, "node-1");
      rounds.round(random() % 6);
      if (random() % 8 == 0) rounds.restart();
    }
    const State last{seed % 2 == 0, seed % 4 == 0 ? "192.0.2.101" : "192.0.2.102", {80, 443}};
    put_service(api, service_of(last));
    come_to_rest(api, rounds);
    const json status = api.at(kWeb).value("status", json::object());
    const json shown = status.value("loadBalancer", json::object()).value("ingress", json::array());
    if (last.ours) {
      expect_served(api, last);
      EXPECT_EQ(shown, json::array({{{"ip", last.address}, {"ipMode", "Proxy"}}}));
    } else {
      expect_nothing_left(api);
      EXPECT_TRUE(shown.empty()) << shown;
      EXPECT_FALSE(status.contains("conditions")) << status;
    }
    if (::testing::Test::HasFailure()) FAIL() << "with seed " << seed;
  }
}

json accepted(const FakeApi& api) {
  for (const auto& condition : api.objects().at(kWeb)["status"]["conditions"]) {
    if (condition["type"] == "Accepted") return {condition["reason"], condition["message"]};
  }
  return {};
}

// F-15: of two virtual servers with one address, port and protocol nobody could read the RealServerSet.
TEST(ServicePortsFC09, OfOneThatNamesAPortTwiceWhatWasServedStaysAndItComesToRest) {
  const State once{true, "192.0.2.101", {80}};
  const State twice{true, "192.0.2.101", {443, 443}};
  const json refused{"InvalidSpec", "spec.ports[1]: must be unique by port and protocol, got 443/TCP again"};
  FakeApi api;
  add_nodes_and_pool(api);
  Rounds rounds(api);
  put_service(api, service_of(twice));
  come_to_rest(api, rounds);
  expect_nothing_left(api);
  EXPECT_EQ(accepted(api), refused);
  put_service(api, service_of(once));
  come_to_rest(api, rounds);
  expect_served(api, once);
  put_service(api, service_of(twice));
  come_to_rest(api, rounds);
  expect_served(api, once);
  EXPECT_EQ(accepted(api), refused);
  rounds.restart();
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
  put_service(api, service_of(once));
  come_to_rest(api, rounds);
  EXPECT_EQ(accepted(api), json({"Accepted", ""}));
}

}  // namespace
}  // namespace fairlead::controller
