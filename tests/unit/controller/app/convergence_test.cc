#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/controller/fake_api.h"

// The controller's decisions applied to an API server in memory: stable, independent of the order of events,
// safe at every prefix of the writes (kubernetes.md 3 and 7: K-29, FC-01; api.md, Release).
namespace fairlead::controller {
namespace {

using namespace testing;

json node_json(const std::string& name) {
  return {{"kind", "Node"},
          {"metadata", {{"name", name}}},
          {"status", {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
}
json report_json(const std::string& name, int host) {
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
json pool_json() {
  return {{"kind", "AddressPool"},
          {"metadata", {{"name", "public"}}},
          {"spec", {{"addresses", {"192.0.2.96/27"}}}}};
}
json vip_json(const std::string& name, const std::string& address, int second) {
  const std::string created = "2026-01-01T00:00:" + std::to_string(10 + second) + "Z";
  return {{"kind", "VirtualIP"},
          {"metadata", {{"name", name}, {"namespace", "shop"}, {"creationTimestamp", created}}},
          {"spec",
           {{"addresses", {address}},
            {"ports", {{{"port", 80}}}},
            {"servers", {{{"address", "10.0.0.1"}}, {{"address", "10.0.0.2"}}}}}}};
}
json service_json(const std::string& name, const std::string& address) {
  return {
      {"kind", "Service"},
      {"metadata",
       {{"name", name}, {"namespace", "shop"}, {"annotations", {{"fairlead.dev/loadBalancerIPs", address}}}}},
      {"spec",
       {{"type", "LoadBalancer"},
        {"loadBalancerClass", "fairlead.dev/vip"},
        {"ports", {{{"name", "http"}, {"port", 80}, {"protocol", "TCP"}}}}}}};
}
json slice_json(const std::string& service, const std::string& address) {
  return {{"kind", "EndpointSlice"},
          {"metadata",
           {{"name", service + "-1"},
            {"namespace", "shop"},
            {"labels", {{"kubernetes.io/service-name", service}}}}},
          {"addressType", "IPv4"},
          {"ports", {{{"name", "http"}, {"port", 8080}, {"protocol", "TCP"}}}},
          {"endpoints", {{{"addresses", {address}}}}}};
}

std::vector<json> a_cluster() {
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
void report_all(FakeApi& api, const std::string& master) {
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
std::map<FakeApi::Key, json> result(const FakeApi& api) {
  std::map<FakeApi::Key, json> out;
  for (auto [key, object] : api.objects()) {
    object["metadata"].erase("resourceVersion");
    object["metadata"].erase("generation");
    out.insert({key, object});
  }
  return out;
}

void fill(FakeApi& api) {
  for (const auto& object : a_cluster()) api.add(object);
}

TEST(Convergence, ApplyingItsOwnOutputItWritesNothingMore) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
}

TEST(Convergence, ARestartInAQuietStateWritesNothing) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  rounds.restart();
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
}

TEST(Convergence, AnyOrderOfEventsInOneRoundGivesTheSame) {
  FakeApi first;
  fill(first);
  ASSERT_TRUE(Rounds(first).settle());
  std::mt19937 random(7);
  for (int i = 0; i < 20; ++i) {
    auto objects = a_cluster();
    std::shuffle(objects.begin(), objects.end(), random);
    FakeApi api;
    for (const auto& object : objects) api.add(object);
    ASSERT_TRUE(Rounds(api).settle());
    ASSERT_TRUE(result(api) == result(first));
  }
}

TEST(Convergence, OneAddressOneHolderInWhateverOrderObjectsArrive) {
  std::mt19937 random(11);
  for (int i = 0; i < 30; ++i) {
    auto objects = a_cluster();
    std::shuffle(objects.begin(), objects.end(), random);
    FakeApi api;
    Rounds rounds(api);
    for (const auto& object : objects) {
      api.add(object);
      if (random() % 2 == 0) rounds.round(random() % 4);
      std::map<std::string, int> holders;
      for (const auto& [key, object_now] : api.objects()) {
        if (key.first != "VRRPGroup") continue;
        for (const auto& address : object_now["spec"]["addresses"]) ++holders[address["address"]];
      }
      for (const auto& [address, count] : holders) ASSERT_EQ(count, 1) << address;
    }
    ASSERT_TRUE(rounds.settle());
    EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
  }
}

// Of every VirtualIP its address and the reasons of its conditions; of every real server set its name. Which
// group an address is in depends on what was written before the crash, and may.
std::map<std::string, std::string> answers(const FakeApi& api) {
  std::map<std::string, std::string> out;
  for (const auto& [key, object] : api.objects()) {
    std::string& text = out[key.first + " " + key.second.name];
    if (key.first == "VRRPGroup") out.erase(key.first + " " + key.second.name);
    if (key.first != "VirtualIP") continue;
    text = object["status"].value("address", "");
    for (const auto& condition : object["status"]["conditions"])
      text += " " + condition["reason"].get<std::string>();
  }
  return out;
}

// FC-01: crash after every write, restart, converge to the same.
TEST(Convergence, ACrashAfterAnyWriteConvergesToTheSame) {
  FakeApi whole;
  fill(whole);
  ASSERT_TRUE(Rounds(whole).settle());
  for (std::size_t crash = 1; crash < 40; ++crash) {
    FakeApi api;
    fill(api);
    std::size_t left = crash;
    while (left > 0) {
      Rounds process(api);
      const std::size_t before = left;
      process.on_write([&](const Write&) { --left; });
      if (process.round(left) == 0 || left == before) break;
    }
    Rounds restarted(api);
    ASSERT_TRUE(restarted.settle());
    ASSERT_EQ(restarted.round(SIZE_MAX), 0U);
    ASSERT_EQ(answers(api), answers(whole)) << "crash after write " << crash;
  }
}

TEST(Convergence, TheFinalizerIsWrittenBeforeTheAddressIsInAGroup) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  rounds.on_write([&](const Write& write) {
    if (write.target != Target::kVRRPGroup || write.verb != Verb::kApply) return;
    const json body = json::parse(write.body);
    for (const auto& address : body["spec"]["addresses"]) {
      for (const auto& owner : address["owners"]) {
        const json& vip = api.at({"VirtualIP", {owner["namespace"], owner["name"]}});
        EXPECT_EQ(vip["metadata"].value("finalizers", json::array()), json({"fairlead.dev/release"}));
      }
    }
  });
  ASSERT_TRUE(rounds.settle());
}

TEST(Convergence, ADeletedVirtualIPIsReleasedBackwardsWithTheFinalizerLast) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  const FakeApi::Key key{"VirtualIP", {"shop", "vip-3"}};
  api.remove(key);
  ASSERT_TRUE(rounds.settle());
  EXPECT_TRUE(api.has(key));
  EXPECT_TRUE(api.has({"RealServerSet", {"shop", "vip-3-v4-0"}}));
  report_all(api, "node-1");
  std::vector<std::string> order;
  rounds.on_write([&](const Write& write) {
    if (write.verb == Verb::kDelete || write.verb == Verb::kMergePatch) order.push_back(write.key.name);
  });
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(order, (std::vector<std::string>{"vip-3-v4-0", "192-0-2-0-24-v4-4", "vip-3"}));
  EXPECT_FALSE(api.has(key));
}

TEST(Convergence, WithEverythingDeletedNothingIsLeft) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  std::vector<FakeApi::Key> users;
  for (const auto& [key, object] : api.objects()) {
    if (key.first == "VirtualIP" || key.first == "Service") users.push_back(key);
  }
  for (const auto& key : users) api.remove(key);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(rounds.settle());
    report_all(api, "nobody");
  }
  for (const auto& [key, object] : api.objects()) {
    const std::set<std::string> untouched{"Node", "NodeReport", "AddressPool", "EndpointSlice"};
    EXPECT_TRUE(untouched.contains(key.first)) << key.first;
  }
}

TEST(Convergence, APassedOverMemberBlocksTheAddressUntilItsNodeIsGone) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  const FakeApi::Key key{"VirtualIP", {"shop", "vip-0"}};
  api.remove(key);
  api.remove({"Service", {"shop", "vip-0"}});
  ASSERT_TRUE(rounds.settle());
  EXPECT_TRUE(api.has(key));
  rounds.pass(Seconds(13));  // nobody answers: lifetime 1 s + 1.1 s + 10 s
  ASSERT_TRUE(rounds.settle());
  EXPECT_FALSE(api.has(key));
  const auto& notices = rounds.notices();
  EXPECT_TRUE(std::any_of(notices.begin(), notices.end(), [](const auto& notice) {
    return notice.reason == "IPReleased" && notice.note.find("node-1") != std::string::npos;
  }));
  const auto message = [&] {
    for (const auto& condition : api.at({"VirtualIP", {"shop", "thief"}})["status"]["conditions"]) {
      if (condition["type"] == "Allocated") return condition["message"].get<std::string>();
    }
    return std::string();
  };
  EXPECT_NE(message().find("may still be held by node node-1, node-2, node-3, node-4"), std::string::npos)
      << message();
  for (int i = 1; i <= 4; ++i) api.remove({"Node", {"", "node-" + std::to_string(i)}});
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(message(), "");
}

const FakeApi::Key kGroupOne{"VRRPGroup", {"", "192-0-2-0-24-v4-1"}};

// The entry of a node in the status of group one.
void report_entry(FakeApi& api, const std::string& node, int generation) {
  json& members = api.at(kGroupOne)["status"]["members"];
  for (auto& member : members) {
    if (member["node"] == node) member["observedGeneration"] = generation;
  }
}

// api.md, Release: "until that member reports". A member that was replaced is a member no more, and its node
// would never look at the group again.
TEST(Convergence, AMemberThatIsReplacedDuringAReleaseIsAskedAllTheSame) {
  FakeApi api;
  for (int i = 1; i <= 3; ++i) {
    api.add(node_json("node-" + std::to_string(i)));
    api.add(report_json("node-" + std::to_string(i), i));
  }
  json pool = pool_json();
  pool["spec"]["groups"] = 1;
  pool["spec"]["vrrp"]["advertIntervalMs"] = 50;  // two members
  api.add(pool);
  api.add(vip_json("goes", "192.0.2.100", 0));
  api.add(vip_json("stays", "192.0.2.101", 1));
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "nobody");
  ASSERT_TRUE(rounds.settle());
  const std::string silent = api.at(kGroupOne)["spec"]["members"][0]["node"];
  const std::string other = api.at(kGroupOne)["spec"]["members"][1]["node"];
  api.remove({"VirtualIP", {"shop", "goes"}});
  ASSERT_TRUE(rounds.settle());
  report_entry(api, other, api.at(kGroupOne)["metadata"]["generation"]);
  rounds.pass(Seconds(13));
  ASSERT_TRUE(rounds.settle());
  EXPECT_FALSE(api.has({"VirtualIP", {"shop", "goes"}}));  // the silent one is passed over

  api.at({"NodeReport", {"", silent}})["spec"]["interfaces"] = json::array();
  ASSERT_TRUE(rounds.settle());
  rounds.pass(Seconds(601));
  ASSERT_TRUE(rounds.settle());
  const json& group = api.at(kGroupOne);
  ASSERT_EQ(group["spec"]["members"].dump().find(silent), std::string::npos);
  EXPECT_TRUE(group["metadata"]["labels"].contains("node.fairlead.dev/" + silent));
  EXPECT_EQ(group["metadata"]["annotations"]["fairlead.dev/releasing"],
            "192.0.2.100 uid-virtualip-goes " + silent);

  report_entry(api, silent, group["metadata"]["generation"]);
  ASSERT_TRUE(rounds.settle());
  EXPECT_FALSE(api.at(kGroupOne)["metadata"]["labels"].contains("node.fairlead.dev/" + silent));
  EXPECT_FALSE(api.at(kGroupOne)["metadata"].contains("annotations"));
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
}

TEST(Convergence, ReportsOfNodesThatAreGoneAreDeleted) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  api.remove({"Node", {"", "node-4"}});
  ASSERT_TRUE(rounds.settle());
  EXPECT_FALSE(api.has({"NodeReport", {"", "node-4"}}));
  EXPECT_TRUE(api.has({"NodeReport", {"", "node-3"}}));
}

// I-8, FC-09: a poison object harms nobody else, and keeps what it had.
TEST(Convergence, AnObjectThatTurnsUnreadableKeepsItsAddressAndHarmsNoOther) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  const auto before = result(api);
  const FakeApi::Key key{"VirtualIP", {"shop", "vip-1"}};
  api.at(key)["spec"]["ports"][0]["port"] = 0;
  ASSERT_TRUE(rounds.settle());
  auto after = result(api);
  after[key] = before.at(key);
  EXPECT_TRUE(after == before);
}

}  // namespace
}  // namespace fairlead::controller
