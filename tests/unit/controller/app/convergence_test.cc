#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/controller/app/cluster.h"

// The controller's decisions applied to an API server in memory: stable, independent of the order of events,
// safe at every prefix of the writes (kubernetes.md 3 and 7: K-29, FC-01). Releases:
// convergence_release_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;

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
