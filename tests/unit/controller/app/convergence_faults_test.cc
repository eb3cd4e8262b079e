#include <gtest/gtest.h>

#include <algorithm>

#include "unit/controller/app/cluster.h"

// kubernetes.md 7, the rows of the controller's faults that are about what it decides, from objects to
// writes.
namespace fairlead::controller {
namespace {

using namespace testing;
using Key = FakeApi::Key;

// A cluster in which everything is served.
struct Served {
  FakeApi api;
  Rounds rounds{api};

  Served() : Served(std::vector<json>{}) {}
  explicit Served(const std::vector<json>& more) {
    fill(api);
    for (const auto& object : more) api.add(object);
    settle();
  }
  void settle() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(rounds.settle());
      report_all(api, "node-1");
    }
    ASSERT_TRUE(rounds.settle());
  }
  json& service(const std::string& name) { return api.at({"Service", {"shop", name}}); }
  json& slice() { return api.at({"EndpointSlice", {"shop", "web-1"}}); }
  // Reason of that condition of VirtualIP shop/web.
  std::string reason(const std::string& type) {
    for (const auto& each : api.at({"VirtualIP", {"shop", "web"}})["status"]["conditions"]) {
      if (each["type"] == type) return each["reason"];
    }
    return "";
  }
  // How many groups list the address.
  int held(const std::string& address) const {
    int out = 0;
    for (const auto& [key, object] : api.objects()) {
      if (key.first != "VRRPGroup") continue;
      for (const auto& each : object["spec"]["addresses"]) out += each["address"] == address ? 1 : 0;
    }
    return out;
  }
};

json endpoints(int count) {
  json out = json::array();
  for (int i = 0; i < count; ++i) {
    out.push_back({{"addresses", {"10.1." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1)}}});
  }
  return out;
}

// What a round wants to write: kind and name.
std::vector<std::string> wanted(Rounds& rounds) {
  std::vector<std::string> out;
  for (const auto& write : rounds.plan()) {
    const char* kind = write.target == Target::kRealServerSet ? "set "
                       : write.target == Target::kVirtualIP   ? "vip "
                                                              : "other ";
    out.push_back(kind + write.key.name);
  }
  return out;
}

TEST(FaultsFC05, HoweverManyEndpointsChangeBetweenTwoRoundsOneWriteTellsItAndOfNoOtherSet) {
  Served cluster;
  cluster.slice()["endpoints"] = endpoints(900);
  EXPECT_EQ(wanted(cluster.rounds), std::vector<std::string>{"set web-v4-0"});
  cluster.settle();
  for (auto& each : cluster.slice()["endpoints"])
    each["conditions"] = {{"ready", false}, {"serving", true}, {"terminating", true}};
  cluster.slice()["endpoints"][0].erase("conditions");
  EXPECT_EQ(wanted(cluster.rounds), std::vector<std::string>{"set web-v4-0"});
}

TEST(FaultsFC06, WhatIsServedAndWhatIsToGoComeBeforeAllThatIsNew) {
  Served cluster;
  for (int i = 0; i < 300; ++i) cluster.api.add(service_json("new-" + std::to_string(i), ""));
  cluster.slice()["endpoints"] = endpoints(2);
  cluster.api.add(service_json("leaving", "192.0.2.112"));
  cluster.settle();
  cluster.api.remove({"Service", {"shop", "leaving"}});
  for (int i = 0; i < 300; ++i) cluster.api.add(service_json("newer-" + std::to_string(i), ""));
  cluster.slice()["endpoints"] = endpoints(1);
  const auto writes = wanted(cluster.rounds);
  ASSERT_GT(writes.size(), 300U);
  EXPECT_EQ(writes[0], "set web-v4-0");
  EXPECT_EQ(writes[1], "vip leaving");
}

// Told in its own status, and to nobody else; taken up when it changes.
TEST(FaultsFC09, APoisonObjectIsToldWhatIsWrongWithItAndTakenUpOnceItIsNot) {
  json poison = vip_json("poison", "192.0.2.115", 30);
  poison["spec"]["ports"] = json::array();
  for (int i = 0; i < 10000; ++i) poison["spec"]["ports"].push_back({{"port", 0}});
  Served cluster(std::vector<json>{poison});
  const Key key{"VirtualIP", {"shop", "poison"}};
  EXPECT_EQ(cluster.api.at(key)["status"]["state"], "Rejected");
  EXPECT_EQ(cluster.api.at(key)["status"]["conditions"][0]["reason"], "InvalidSpec");
  EXPECT_EQ(std::count_if(cluster.rounds.notices().begin(), cluster.rounds.notices().end(),
                          [](const auto& notice) { return notice.regarding.name == "poison"; }),
            1);
  cluster.rounds.restart();
  EXPECT_EQ(cluster.rounds.round(SIZE_MAX), 0U) << "it is told once, restarts or not";
  cluster.api.at(key)["spec"]["ports"] = json::array({{{"port", 80}}});
  cluster.settle();
  EXPECT_EQ(cluster.api.at(key)["status"]["state"], "Ready");
  EXPECT_EQ(cluster.held("192.0.2.115"), 1);
}

std::map<std::string, std::string> members(const FakeApi& api, const std::string& group,
                                           const std::string& field) {
  std::map<std::string, std::string> out;
  for (const auto& each : api.objects().at({"VRRPGroup", {"", group}})["spec"]["members"]) {
    out[each["node"]] = each[field].dump();
  }
  return out;
}

json node_of(const std::string& name, const std::string& uid) {
  json out = node_json(name);
  out["metadata"]["uid"] = uid;
  return out;
}

TEST(FaultsFC15, ANodeMadeAgainBetweenTwoLooksKeepsItsPriorityUnderItsNewUid) {
  Served cluster;
  const std::string group = "192-0-2-0-24-v4-1";
  const auto before = members(cluster.api, group, "priority");
  cluster.api.remove({"Node", {"", "node-2"}});
  cluster.api.add(node_of("node-2", "uid-again"));
  cluster.settle();
  EXPECT_EQ(members(cluster.api, group, "priority"), before);
  EXPECT_EQ(members(cluster.api, group, "nodeUID").at("node-2"), "\"uid-again\"");
}

TEST(FaultsFC15, ANodeThatIsGoneLeavesAndMadeAgainItIsANewcomerThatMovesNobody) {
  Served cluster;
  const std::string group = "192-0-2-0-24-v4-1";
  auto others = members(cluster.api, group, "priority");
  cluster.api.remove({"Node", {"", "node-2"}});
  cluster.settle();
  others.erase("node-2");
  EXPECT_EQ(members(cluster.api, group, "priority"), others);
  EXPECT_FALSE(cluster.api.has({"NodeReport", {"", "node-2"}}));
  cluster.api.add(node_of("node-2", "uid-again"));
  cluster.api.add(report_json("node-2", 2));
  cluster.settle();
  auto after = members(cluster.api, group, "priority");
  EXPECT_EQ(members(cluster.api, group, "nodeUID").at("node-2"), "\"uid-again\"");
  after.erase("node-2");
  EXPECT_EQ(after, others);
}

// vip-1 asks for what vip-2 has, and so keeps what it had: nobody speaks for its group, which lives on all
// the same.
TEST(FaultsFC15, ANodeMadeAgainIsAMemberOfAGroupWhoseVirtualIPIsRefusedToo) {
  FakeApi api;
  for (const auto& object : a_cluster()) {
    const std::string name = object["metadata"]["name"];
    const bool node = object["kind"] == "Node" || object["kind"] == "NodeReport";
    if (node || name == "public" || name == "vip-1" || name == "vip-2") api.add(object);
  }
  Rounds rounds(api);
  const auto settle = [&] {
    ASSERT_TRUE(rounds.settle());
    report_all(api, "node-1");
    ASSERT_TRUE(rounds.settle());
  };
  settle();
  json& vip = api.at({"VirtualIP", {"shop", "vip-1"}});
  const std::string group = vip["status"]["groups"][0];
  vip["spec"]["addresses"] = {"192.0.2.102"};
  settle();
  ASSERT_EQ(members(api, group, "nodeUID").size(), 4U);
  api.remove({"Node", {"", "node-2"}});
  api.add(node_of("node-2", "uid-again"));
  settle();
  EXPECT_EQ(members(api, group, "nodeUID").at("node-2"), "\"uid-again\"");
  api.remove({"Node", {"", "node-3"}});
  settle();
  EXPECT_FALSE(members(api, group, "nodeUID").contains("node-3"));
}

// What the members of its group serve is what it had.
TEST(FaultsFC14, AVirtualIPThatIsRefusedAnotherAddressIsSaidToServeWhatItKeeps) {
  Served cluster;
  json& vip = cluster.api.at({"VirtualIP", {"shop", "vip-1"}});
  ASSERT_EQ(vip["status"]["state"], "Ready");
  vip["spec"]["addresses"] = {"192.0.2.102"};
  cluster.settle();
  const json& status = cluster.api.at({"VirtualIP", {"shop", "vip-1"}})["status"];
  EXPECT_EQ(status["address"], "192.0.2.101");
  for (const auto& condition : status["conditions"]) {
    const std::string type = condition["type"];
    const std::string expected = type == "Ready" ? "Serving" : type == "Allocated" ? "AddressInUse" : "";
    if (!expected.empty()) {
      EXPECT_EQ(condition["reason"], expected) << type;
    }
  }
}

// kube-vip 988eb09: the address of a Service that was a LoadBalancer once stayed.
TEST(FaultsFC16, AServiceThatIsNoLoadBalancerAnyMoreGivesItsAddressUp) {
  Served cluster;
  ASSERT_EQ(cluster.held("192.0.2.110"), 1);
  cluster.service("web")["spec"]["type"] = "ClusterIP";
  cluster.settle();
  EXPECT_EQ(cluster.held("192.0.2.110"), 0);
  EXPECT_FALSE(cluster.api.has({"VirtualIP", {"shop", "web"}}));
  EXPECT_FALSE(cluster.api.has({"RealServerSet", {"shop", "web-v4-0"}}));
  EXPECT_FALSE(cluster.api.has({"AddressClaim", {"", "v4-192-0-2-110"}}));
}

TEST(FaultsFC16, HoweverFastItsTypeAndPortsFlipTheLastStateWins) {
  for (std::size_t most = 0; most < 6; ++most) {  // so much of each state is carried out before the next
    Served cluster;
    for (int flip = 0; flip < 5; ++flip) {
      cluster.service("web")["spec"]["type"] = flip % 2 == 0 ? "ClusterIP" : "LoadBalancer";
      cluster.service("web")["spec"]["ports"][0]["port"] = 8000 + flip;
      cluster.rounds.round(most);
    }
    cluster.service("web")["spec"]["type"] = "LoadBalancer";
    cluster.service("web")["spec"]["ports"][0]["port"] = 81;
    cluster.settle();
    EXPECT_EQ(cluster.held("192.0.2.110"), 1) << most;
    EXPECT_EQ(cluster.api.at({"VirtualIP", {"shop", "web"}})["status"]["state"], "Ready") << most;
    const auto& set = cluster.api.at({"RealServerSet", {"shop", "web-v4-0"}})["spec"]["virtualServers"];
    ASSERT_EQ(set.size(), 1U) << most;
    EXPECT_EQ(set[0]["port"], 81) << most;
    EXPECT_EQ(cluster.service("web")["status"]["loadBalancer"]["ingress"][0]["ip"], "192.0.2.110") << most;
    EXPECT_EQ(cluster.rounds.round(SIZE_MAX), 0U) << most;
  }
}

// onNoEndpoints: Reject.
TEST(FaultsFC17, WithoutEndpointsAnAddressStaysWhereItIsAndRefuses) {
  Served cluster;
  const auto before = cluster.api.at({"VRRPGroup", {"", "192-0-2-0-24-v4-1"}})["spec"];
  for (int flap = 0; flap < 20; ++flap) {
    const bool any = flap % 2 == 1;
    cluster.slice()["endpoints"] = endpoints(any ? 1 : 0);
    ASSERT_TRUE(cluster.rounds.settle());
    EXPECT_EQ(cluster.reason("Ready"), any ? "Serving" : "NoEndpoints");
    EXPECT_EQ(cluster.held("192.0.2.110"), 1);
  }
  EXPECT_EQ(cluster.api.at({"VRRPGroup", {"", "192-0-2-0-24-v4-1"}})["spec"], before);
}

}  // namespace
}  // namespace fairlead::controller
