#include <gtest/gtest.h>

#include <algorithm>

#include "unit/controller/app/cluster.h"

// What is written first and what last where an address comes to a group and where it leaves one (api.md,
// Release).
namespace fairlead::controller {
namespace {

using namespace testing;

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

TEST(Convergence, ADeletedVirtualIPIsReleasedBackwardsWithTheFinalizerThenTheClaimLast) {
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
  EXPECT_EQ(order, (std::vector<std::string>{"vip-3-v4-0", "192-0-2-0-24-v4-4", "vip-3", "v4-192-0-2-103"}));
  EXPECT_FALSE(api.has(key));
}

const FakeApi::Key kOldClaim{"AddressClaim", {"", "v4-192-0-2-103"}};
const FakeApi::Key kNewClaim{"AddressClaim", {"", "v4-192-0-2-113"}};

std::set<std::string> addresses_in_groups(const FakeApi& api) {
  std::set<std::string> out;
  for (const auto& [key, object] : api.objects()) {
    if (key.first != "VRRPGroup") continue;
    for (const auto& address : object["spec"]["addresses"]) out.insert(address["address"]);
  }
  return out;
}

// One that asks for another address has the new claim before it lets the old address go, so that it is never
// without; and the old claim stays until each member has reported, and not one round longer: it goes in the
// round that sees the last report.
TEST(Convergence, WhoAsksForAnotherAddressKeepsTheOldClaimUntilTheLastMemberHasLetGoAndNoLonger) {
  FakeApi api;
  fill(api);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  api.at({"VirtualIP", {"shop", "vip-3"}})["spec"]["addresses"] = {"192.0.2.113"};
  api.add(vip_json("next", "192.0.2.103", 30));
  rounds.round(SIZE_MAX);
  EXPECT_TRUE(api.has(kNewClaim) && api.has(kOldClaim));
  EXPECT_TRUE(addresses_in_groups(api).contains("192.0.2.103")) << "it serves by the old one yet";
  rounds.round(SIZE_MAX);
  EXPECT_TRUE(addresses_in_groups(api).contains("192.0.2.113"));
  EXPECT_FALSE(addresses_in_groups(api).contains("192.0.2.103"));
  ASSERT_TRUE(rounds.settle());
  EXPECT_TRUE(api.has(kOldClaim)) << "no member has reported";
  report_all(api, "node-1");
  rounds.round(SIZE_MAX);
  EXPECT_FALSE(api.has(kOldClaim)) << "the round that sees the last report";
  ASSERT_TRUE(rounds.settle());
  EXPECT_EQ(api.at(kOldClaim)["spec"]["owner"]["name"], "next");
  EXPECT_TRUE(addresses_in_groups(api).contains("192.0.2.103"));
}

// Nobody has to let go of what no group has had.
TEST(Convergence, AClaimWithoutAGroupGoesInTheRoundInWhichAnotherAddressIsAskedFor) {
  FakeApi api;
  fill(api);
  for (int i = 1; i <= 4; ++i) {
    const std::string name = "node-" + std::to_string(i);
    api.at({"Node", {"", name}})["status"]["conditions"][0]["status"] = "False";  // none is eligible
  }
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  ASSERT_TRUE(api.has(kOldClaim));
  ASSERT_TRUE(addresses_in_groups(api).empty());
  api.at({"VirtualIP", {"shop", "vip-3"}})["spec"]["addresses"] = {"192.0.2.113"};
  rounds.round(SIZE_MAX);
  EXPECT_TRUE(api.has(kNewClaim));
  EXPECT_FALSE(api.has(kOldClaim));
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

}  // namespace
}  // namespace fairlead::controller
