#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/controller/app/cluster.h"

// Addresses that nobody named, against an API server in memory: one address, one holder (I-13), in whatever
// order things come, with restarts, and with two controllers that both believe they lead; and nothing moves
// (FC-14).
namespace fairlead::controller {
namespace {

using namespace testing;

json open_vip_json(const std::string& name, int second) {
  json out = vip_json(name, "", second);
  out["spec"].erase("addresses");
  return out;
}
json open_service_json(const std::string& name) {
  json out = service_json(name, "");
  out["metadata"].erase("annotations");
  return out;
}

// Two pools of eight, and ten who ask for no address in particular, besides two who do.
std::vector<json> askers() {
  std::vector<json> out;
  for (int i = 1; i <= 3; ++i) {
    out.push_back(node_json("node-" + std::to_string(i)));
    out.push_back(report_json("node-" + std::to_string(i), i));
  }
  for (const auto& [name, range, priority] :
       {std::tuple("first", "192.0.2.96/29", 10), std::tuple("second", "192.0.2.104/29", 20)}) {
    json pool = pool_json();
    pool["metadata"]["name"] = name;
    pool["spec"] = {{"addresses", {range}}, {"serviceAllocation", {{"priority", priority}}}};
    out.push_back(pool);
  }
  for (int i = 0; i < 8; ++i) out.push_back(open_vip_json("open-" + std::to_string(i), i));
  for (const std::string name : {"web", "api"}) {
    out.push_back(open_service_json(name));
    out.push_back(slice_json(name, "10.1.0.1"));
  }
  out.push_back(vip_json("named", "192.0.2.97", 30));
  out.push_back(vip_json("late", "192.0.2.97", 31));
  return out;
}

// Address -> UIDs of who has it in a group.
std::map<std::string, std::vector<std::string>> holders_in_groups(const FakeApi& api) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [key, object] : api.objects()) {
    if (key.first != "VRRPGroup") continue;
    for (const auto& address : object["spec"]["addresses"]) {
      out[address["address"]].push_back(address["owners"][0]["uid"]);
    }
  }
  return out;
}

// At any time: an address is in one group, for the holder of its claim.
void expect_one_holder(const FakeApi& api) {
  for (const auto& [address, uids] : holders_in_groups(api)) {
    ASSERT_EQ(uids.size(), 1U) << address;
    const FakeApi::Key key{"AddressClaim", {"", api::address_claim_name(*net::parse_address(address))}};
    ASSERT_TRUE(api.has(key)) << address;
    ASSERT_EQ(api.objects().at(key)["spec"]["owner"]["uid"], uids.front()) << address;
  }
}

// VirtualIP -> its address.
std::map<std::string, std::string> given(const FakeApi& api) {
  std::map<std::string, std::string> out;
  for (const auto& [key, object] : api.objects()) {
    if (key.first == "VirtualIP") out[key.second.name] = object["status"].value("address", "");
  }
  return out;
}

TEST(Allocation, AnyOrderOfEventsInOneRoundGivesTheSame) {
  FakeApi first;
  for (const auto& object : askers()) first.add(object);
  ASSERT_TRUE(Rounds(first).settle());
  std::mt19937 random(7);
  for (int i = 0; i < 5; ++i) {
    auto objects = askers();
    std::shuffle(objects.begin(), objects.end(), random);
    FakeApi api;
    for (const auto& object : objects) api.add(object);
    ASSERT_TRUE(Rounds(api).settle());
    ASSERT_TRUE(result(api) == result(first));
  }
  const auto addresses = given(first);
  EXPECT_EQ(addresses.at("named"), "192.0.2.97");
  EXPECT_EQ(addresses.at("late"), "");
  EXPECT_EQ(addresses.at("open-0"), "192.0.2.96");
  EXPECT_EQ(addresses.at("open-1"), "192.0.2.98");
  EXPECT_EQ(addresses.at("open-7"), "192.0.2.104");  // the first pool is used up
}

TEST(Allocation, ApplyingItsOwnOutputAndAfterARestartItWritesNothingMore) {
  FakeApi api;
  for (const auto& object : askers()) api.add(object);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
  rounds.restart();
  EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
}

TEST(Allocation, OneAddressOneHolderInWhateverOrderThingsComeAndGo) {
  std::mt19937 random(11);
  for (int i = 0; i < 12; ++i) {
    auto objects = askers();
    std::shuffle(objects.begin(), objects.end(), random);
    FakeApi api;
    Rounds rounds(api);
    rounds.on_write([&](const Write&) { expect_one_holder(api); });
    for (const auto& object : objects) {
      api.add(object);
      if (random() % 2 == 0) rounds.round(random() % 4);
      if (random() % 8 == 0) rounds.restart();
      if (random() % 4 == 0) report_all(api, "node-1");
      const FakeApi::Key gone{"VirtualIP", {"shop", "open-" + std::to_string(random() % 8)}};
      if (random() % 6 == 0 && api.has(gone)) api.remove(gone);
    }
    ASSERT_TRUE(rounds.settle());
    EXPECT_EQ(rounds.round(SIZE_MAX), 0U);
    if (HasFatalFailure()) return;
  }
}

// FC-02, I-13: each decides from what it saw before the other wrote.
TEST(Allocation, TwoControllersThatBothBelieveTheyLeadGiveNoAddressTwice) {
  std::mt19937 random(13);
  for (int i = 0; i < 12; ++i) {
    auto objects = askers();
    std::shuffle(objects.begin(), objects.end(), random);
    FakeApi api;
    two_lead(objects, api, expect_one_holder, random);
    if (HasFatalFailure()) return;
    std::map<std::string, int> seen;
    for (const auto& [name, address] : given(api)) {
      if (name == "late") continue;  // or "named" is: the older by creation, whoever was first
      EXPECT_EQ(++seen[address], 1) << name << " " << address;
    }
  }
}

// FC-01: crash after every third write, restart: all have an address, and nobody another's.
TEST(Allocation, ACrashAfterAnyWriteLosesAndDoublesNothing) {
  for (std::size_t crash = 1; crash < 60; crash += 3) {
    FakeApi api;
    for (const auto& object : askers()) api.add(object);
    std::size_t left = crash;
    while (left > 0) {
      Rounds process(api);
      const std::size_t before = left;
      process.on_write([&](const Write&) { --left; });
      if (process.round(left) == 0 || left == before) break;
    }
    Rounds restarted(api);
    ASSERT_TRUE(restarted.settle());
    expect_one_holder(api);
    std::size_t claims = 0;
    for (const auto& [key, object] : api.objects()) claims += key.first == "AddressClaim" ? 1 : 0;
    ASSERT_EQ(claims, 11U) << "crash after write " << crash;
  }
}

// FC-14.
TEST(Allocation, NoChangeOfPoolsMovesAnAddress) {
  FakeApi api;
  for (const auto& object : askers()) api.add(object);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  const auto before = given(api);
  const FakeApi::Key first{"AddressPool", {"", "first"}};
  const auto expect_same = [&](const std::string& when) {
    for (const bool restart : {false, true}) {
      if (restart) rounds.restart();
      ASSERT_TRUE(rounds.settle()) << when;
      EXPECT_EQ(given(api), before) << when;
    }
  };
  json better = pool_json();
  better["metadata"]["name"] = "better";
  better["spec"] = {{"addresses", {"192.0.2.112/29"}}, {"serviceAllocation", {{"priority", 1}}}};
  api.add(better);
  expect_same("a pool of higher priority");
  api.at(first)["spec"]["addresses"] = {"192.0.2.96/31"};
  expect_same("shrunk");
  api.at(first)["spec"]["serviceAllocation"]["namespaces"] = {"bank"};
  expect_same("closed");
  api.at(first)["spec"]["addresses"] = json::array();
  expect_same("unreadable");
  api.remove(first);
  api.remove({"AddressPool", {"", "second"}});
  expect_same("gone");
}

TEST(Allocation, AnAddressGivenBackIsTheNextOnesOnceItIsReleasedAndTheClaimGoesLast) {
  FakeApi api;
  for (const auto& object : askers()) {
    if (object["kind"] != "AddressPool") api.add(object);
  }
  json pool = pool_json();
  pool["spec"]["addresses"] = {"192.0.2.97/32", "192.0.2.98/32"};
  api.add(pool);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  ASSERT_EQ(given(api).at("open-0"), "192.0.2.98");
  const FakeApi::Key claim{"AddressClaim", {"", "v4-192-0-2-98"}};
  api.remove({"VirtualIP", {"shop", "open-0"}});
  ASSERT_TRUE(rounds.settle());
  EXPECT_TRUE(api.has({"VirtualIP", {"shop", "open-0"}})) << "no member has reported";
  EXPECT_EQ(given(api).at("open-1"), "");
  report_all(api, "node-1");
  std::vector<std::string> order;
  rounds.on_write([&](const Write& write) {
    if (write.verb != Verb::kApply && write.verb != Verb::kApplyStatus) order.push_back(write.key.name);
  });
  ASSERT_TRUE(rounds.settle());
  ASSERT_GE(order.size(), 3U);
  EXPECT_EQ(order[order.size() - 3], "open-0");         // the finalizer
  EXPECT_EQ(order[order.size() - 2], "v4-192-0-2-98");  // the claim
  EXPECT_EQ(order.back(), "v4-192-0-2-98");             // of the next one
  EXPECT_EQ(api.at(claim)["spec"]["owner"]["name"], "open-1");
  EXPECT_EQ(given(api).at("open-1"), "192.0.2.98");
}

// kubernetes.md 1: "address in the Service's status if the pool admits it".
TEST(Allocation, AServiceKeepsTheAddressThatItsStatusShowsAndNeverStopsShowingIt) {
  FakeApi api;
  for (const auto& object : askers()) api.add(object);
  const FakeApi::Key web{"Service", {"shop", "web"}};
  api.at(web)["status"]["loadBalancer"]["ingress"] = {{{"ip", "192.0.2.103"}, {"ipMode", "Proxy"}}};
  const FakeApi::Key other{"Service", {"shop", "api"}};
  api.at(other)["status"]["loadBalancer"]["ingress"] = {{{"ip", "198.51.100.9"}}};
  Rounds rounds(api);
  rounds.on_write([&](const Write&) {
    EXPECT_EQ(api.at(web)["status"]["loadBalancer"]["ingress"][0]["ip"], "192.0.2.103");
  });
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(given(api).at("web"), "192.0.2.103");
  EXPECT_FALSE(api.at(other)["status"]["loadBalancer"].contains("ingress")) << "of another load balancer";
}

// FC-08: objects deleted while we were down, the finalizer taken off by hand.
TEST(Allocation, AClaimWhoseVirtualIPWentWhileNobodyLookedIsSweptAtStart) {
  FakeApi api;
  for (const auto& object : askers()) api.add(object);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  const FakeApi::Key key{"VirtualIP", {"shop", "open-0"}};
  api.at(key)["metadata"]["finalizers"] = json::array();
  api.remove(key);
  Rounds restarted(api);
  for (int i = 0; i < 2; ++i) {
    report_all(api, "node-1");
    ASSERT_TRUE(restarted.settle());
  }
  EXPECT_FALSE(api.has({"AddressClaim", {"", "v4-192-0-2-96"}}));
}

}  // namespace
}  // namespace fairlead::controller
