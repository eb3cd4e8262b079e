#include <gtest/gtest.h>

#include <random>

#include "unit/controller/app/cluster.h"
#include "unit/controller/app/members.h"

// externalTrafficPolicy: Local and onNoEndpoints: Withdraw (FC-17), with nodes that do as they are told.
namespace fairlead::controller {
namespace {

using namespace testing;
using Nodes = std::set<std::string>;

const Nodes kAll{"node-1", "node-2", "node-3", "node-4"};
constexpr int kRest = 40;  // seconds in which whatever is to come comes

json endpoint(const std::string& node, const std::string& kind) {
  json out{{"addresses", {"10.1.0." + node.substr(5)}}, {"nodeName", node}};
  if (kind == "draining") out["conditions"] = {{"ready", false}, {"serving", true}, {"terminating", true}};
  return out;
}

// Four nodes; `local` is a Service with Local, `both` one with Local and Withdraw, `withdraw` one with
// Withdraw, `plain` one with neither. Nobody has an endpoint.
struct Cluster {
  FakeApi api;
  Rounds rounds{api};

  Cluster() {
    for (int i = 1; i <= 4; ++i) {
      api.add(node_json("node-" + std::to_string(i)));
      api.add(report_json("node-" + std::to_string(i), i));
    }
    json pool = pool_json();
    pool["spec"]["groups"] = 1;
    api.add(pool);
    int host = 110;
    for (const std::string name : {"local", "both", "withdraw", "plain"}) {
      json service = service_json(name, "192.0.2." + std::to_string(host++));
      if (name == "local" || name == "both") service["spec"]["externalTrafficPolicy"] = "Local";
      if (name == "both" || name == "withdraw")
        service["metadata"]["annotations"]["fairlead.dev/on-no-endpoints"] = "Withdraw";
      api.add(service);
      api.add(slice_json(name, "10.1.0.1"));
      set(name, json::array());
    }
  }
  void set(const std::string& name, const json& endpoints) {
    api.at({"EndpointSlice", {"shop", name + "-1"}})["endpoints"] = endpoints;
  }
  void ready_on(const std::string& name, const Nodes& nodes) {
    json endpoints = json::array();
    for (const auto& node : nodes) endpoints.push_back(endpoint(node, "ready"));
    set(name, endpoints);
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      report(api, kAll);
      ASSERT_TRUE(rounds.settle());
      rounds.pass(Seconds(1));
    }
    report(api, kAll);
    ASSERT_TRUE(rounds.settle());
  }
  // The groups that list the address of this Service.
  std::vector<json> groups_of(const std::string& name) {
    const std::string address =
        api.at({"Service", {"shop", name}})["metadata"]["annotations"]["fairlead.dev/loadBalancerIPs"];
    std::vector<json> out;
    for (const auto& [key, object] : api.objects()) {
      if (key.first != "VRRPGroup") continue;
      for (const auto& listed : object["spec"].value("addresses", json::array())) {
        if (listed["address"] == address) out.push_back(object);
      }
    }
    return out;
  }
  Nodes members_of(const std::string& name) {
    Nodes out;
    for (const auto& group : groups_of(name)) {
      for (const auto& member : group["spec"]["members"]) out.insert(member["node"]);
    }
    return out;
  }
  std::string reason(const std::string& name, const std::string& type) {
    for (const auto& condition : api.at({"VirtualIP", {"shop", name}})["status"]["conditions"]) {
      if (condition["type"] == type) return condition["reason"];
    }
    return "";
  }
  std::string state(const std::string& name) {
    return api.at({"VirtualIP", {"shop", name}})["status"].value("state", "");
  }
  bool has_set(const std::string& name) { return api.has({"RealServerSet", {"shop", name + "-v4-0"}}); }
  int told(const std::string& event, const std::string& about) {
    int out = 0;
    for (const auto& notice : rounds.notices()) {
      out += notice.reason == event && notice.regarding.kind == about ? 1 : 0;
    }
    return out;
  }
};

TEST(LocalNodes, MembershipFollowsTheEndpoints) {
  Cluster cluster;
  for (const Nodes& nodes :
       {Nodes{"node-2", "node-3"}, Nodes{"node-3"}, Nodes{"node-4"}, kAll, Nodes{"node-1"}}) {
    cluster.ready_on("local", nodes);
    cluster.pass(kRest);
    EXPECT_EQ(cluster.members_of("local"), nodes);
    EXPECT_EQ(cluster.state("local"), "Ready");
  }
  cluster.set("local", json::array({endpoint("node-2", "draining"), endpoint("node-1", "ready")}));
  cluster.pass(kRest);
  EXPECT_EQ(cluster.members_of("local"), Nodes{"node-1"});
  cluster.set("local", json::array({endpoint("node-2", "draining")}));
  cluster.pass(kRest);
  EXPECT_EQ(cluster.members_of("local"), Nodes{"node-2"});
  const std::string master = master_of(cluster.groups_of("local").front());
  cluster.set("local", json::array());
  cluster.pass(kRest);
  EXPECT_EQ(master_of(cluster.groups_of("local").front()), master);  // it stays where it is
  EXPECT_EQ(cluster.reason("local", "Ready"), "NoEndpoints");
}

TEST(LocalNodes, WhenThePolicyChangesMembersDoAndTheAddressStays) {
  Cluster cluster;
  cluster.ready_on("local", {"node-2"});
  cluster.pass(kRest);
  const auto set_policy = [&](const std::string& policy) {
    cluster.api.at({"Service", {"shop", "local"}})["spec"]["externalTrafficPolicy"] = policy;
  };
  const auto policy_of_set = [&] {
    const json& set = cluster.api.at({"RealServerSet", {"shop", "local-v4-0"}});
    return set["spec"]["virtualServers"][0].value("externalTrafficPolicy", "Cluster");
  };
  EXPECT_EQ(policy_of_set(), "Local");
  set_policy("Cluster");
  cluster.pass(kRest);
  EXPECT_EQ(cluster.members_of("local"), kAll);
  EXPECT_EQ(policy_of_set(), "Cluster");
  set_policy("Local");
  cluster.pass(kRest);
  EXPECT_EQ(cluster.members_of("local"), Nodes{"node-2"});
  EXPECT_EQ(policy_of_set(), "Local");
}

TEST(WithdrawFC17, WithoutEndpointsItLeavesItsGroupKeepsItsClaimAndComesBack) {
  Cluster cluster;
  cluster.ready_on("withdraw", {"node-1"});
  cluster.pass(kRest);
  EXPECT_EQ(cluster.state("withdraw"), "Ready");
  cluster.set("withdraw", json::array());
  cluster.pass(9);
  EXPECT_EQ(cluster.groups_of("withdraw").size(), 1U);
  EXPECT_EQ(cluster.reason("withdraw", "Ready"), "NoEndpoints");
  EXPECT_EQ(cluster.told("Withdrawn", "VirtualIP"), 0);
  cluster.pass(4);
  EXPECT_TRUE(cluster.groups_of("withdraw").empty());
  EXPECT_FALSE(cluster.has_set("withdraw"));
  EXPECT_EQ(cluster.state("withdraw"), "Pending");
  EXPECT_EQ(cluster.reason("withdraw", "Ready"), "Withdrawn");
  EXPECT_EQ(cluster.reason("withdraw", "Programmed"), "Withdrawn");
  EXPECT_EQ(cluster.reason("withdraw", "Allocated"), "Allocated");
  EXPECT_TRUE(cluster.api.has({"AddressClaim", {"", "v4-192-0-2-112"}}));
  const json shown = cluster.api.at({"Service", {"shop", "withdraw"}})["status"]["loadBalancer"]["ingress"];
  EXPECT_EQ(shown[0]["ip"], "192.0.2.112");  // it is its own all the same
  EXPECT_EQ(cluster.told("Withdrawn", "VirtualIP"), 1);
  EXPECT_EQ(cluster.told("Withdrawn", "Service"), 1);
  cluster.api.add(vip_json("thief", "192.0.2.112", 30));
  cluster.pass(1);
  EXPECT_EQ(cluster.reason("thief", "Accepted") + cluster.reason("thief", "Allocated"),
            "AcceptedAddressInUse");
  cluster.ready_on("withdraw", {"node-1"});
  cluster.pass(1);
  EXPECT_TRUE(cluster.groups_of("withdraw").empty());
  cluster.pass(kRest);
  EXPECT_EQ(cluster.state("withdraw"), "Ready");
  EXPECT_EQ(cluster.told("Returned", "VirtualIP"), 1);
  EXPECT_EQ(cluster.told("Withdrawn", "VirtualIP"), 1);
}

TEST(WithdrawFC17, ARestartMakesNobodyLeaveSoonerNorComeBackEarlier) {
  Cluster cluster;
  cluster.ready_on("withdraw", {"node-1"});
  cluster.pass(kRest);
  cluster.set("withdraw", json::array());
  cluster.pass(8);
  cluster.rounds.restart();
  cluster.pass(9);
  EXPECT_EQ(cluster.groups_of("withdraw").size(), 1U);
  cluster.pass(4);
  EXPECT_TRUE(cluster.groups_of("withdraw").empty());
  cluster.rounds.restart();
  cluster.pass(kRest);
  EXPECT_EQ(cluster.reason("withdraw", "Ready"), "Withdrawn");
  cluster.ready_on("withdraw", {"node-1"});
  cluster.rounds.restart();
  cluster.pass(1);
  EXPECT_TRUE(cluster.groups_of("withdraw").empty());
  cluster.pass(kRest);
  EXPECT_EQ(cluster.state("withdraw"), "Ready");
  EXPECT_EQ(cluster.told("Withdrawn", "VirtualIP"), 1);
}

TEST(WithdrawFC17, ANewOneWithoutEndpointsHasItsAddressAndComesIntoNoGroup) {
  Cluster cluster;
  cluster.pass(kRest);
  EXPECT_TRUE(cluster.groups_of("withdraw").empty());
  EXPECT_EQ(cluster.reason("withdraw", "Ready"), "NoEndpoints");
  EXPECT_EQ(cluster.reason("withdraw", "Allocated"), "Allocated");
  EXPECT_EQ(cluster.told("Withdrawn", "VirtualIP"), 0);
  EXPECT_EQ(cluster.groups_of("plain").size(), 1U);
  cluster.ready_on("withdraw", {"node-1"});
  cluster.pass(kRest);
  EXPECT_EQ(cluster.state("withdraw"), "Ready");
}

TEST(WithdrawFC17, SetBackToRejectItIsHeldAtOnceAndRefuses) {
  Cluster cluster;
  cluster.pass(kRest);
  cluster.api.at(
      {"Service", {"shop", "withdraw"}})["metadata"]["annotations"]["fairlead.dev/on-no-endpoints"] =
      "Reject";
  cluster.pass(2);
  EXPECT_EQ(cluster.groups_of("withdraw").size(), 1U);
  EXPECT_EQ(cluster.reason("withdraw", "Ready"), "NoEndpoints");
}

json some_endpoints(std::mt19937& random) {
  json out = json::array();
  for (const auto& node : kAll) {
    const unsigned kind = random() % 5;
    if (kind == 0) out.push_back(endpoint(node, "ready"));
    if (kind == 1) out.push_back(endpoint(node, "draining"));
  }
  return out;
}

// Endpoints come and go, rounds break off, the controller starts anew, nodes report late.
void stir(Cluster& cluster, std::mt19937& random) {
  const std::vector<std::string> names{"local", "both", "withdraw", "plain"};
  cluster.set(names[random() % names.size()], some_endpoints(random));
  if (random() % 2 == 0) report(cluster.api, kAll);
  cluster.rounds.round(random() % 8);
  if (random() % 12 == 0) cluster.rounds.restart();
  cluster.rounds.pass(Seconds(random() % 5));
}

TEST(LocalAndWithdraw, WhateverEndpointsDoEachEndsWhereItsEndpointsAre) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    std::mt19937 random(seed);
    Cluster cluster;
    for (int step = 0; step < 40; ++step) {
      stir(cluster, random);
      for (const std::string name : {"local", "both", "withdraw", "plain"}) {
        ASSERT_LE(cluster.groups_of(name).size(), 1U) << seed << " " << step << " " << name;
      }
    }
    cluster.ready_on("local", {"node-2"});
    cluster.ready_on("both", seed % 2 == 0 ? Nodes{} : Nodes{"node-3", "node-4"});
    cluster.ready_on("withdraw", seed % 2 == 0 ? Nodes{"node-1"} : Nodes{});
    cluster.ready_on("plain", {"node-1"});
    cluster.pass(kRest);
    ASSERT_EQ(cluster.members_of("local"), Nodes{"node-2"}) << seed;
    ASSERT_EQ(cluster.members_of("plain"), kAll) << seed;
    ASSERT_EQ(cluster.members_of("both"), (seed % 2 == 0 ? Nodes{} : Nodes{"node-3", "node-4"})) << seed;
    ASSERT_EQ(cluster.members_of("withdraw"), (seed % 2 == 0 ? kAll : Nodes{})) << seed;
    for (const std::string name : {"local", "plain", seed % 2 == 0 ? "withdraw" : "both"}) {
      ASSERT_EQ(cluster.state(name), "Ready") << seed << " " << name;
    }
    ASSERT_EQ(cluster.state(seed % 2 == 0 ? "both" : "withdraw"), "Pending") << seed;
    EXPECT_EQ(cluster.rounds.round(SIZE_MAX), 0U);
    cluster.rounds.restart();
    EXPECT_EQ(cluster.rounds.round(SIZE_MAX), 0U);
  }
}

}  // namespace
}  // namespace fairlead::controller
