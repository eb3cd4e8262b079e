#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "controller/app/refusals.h"
#include "unit/controller/app/cluster.h"

// FC-18: rounds with an API server that refuses some of what they write, as app/controller goes about it.
namespace fairlead::controller {
namespace {

using namespace testing;

// A round each second.
struct Refusing {
  FakeApi api;
  std::function<bool(const Write&)> refuses = [](const Write&) { return false; };
  std::vector<Notice> notices;

  // How many writes were taken.
  std::size_t round() {
    now_ += Seconds(1);
    Inputs inputs = api.inputs();
    inputs.memory = memory_;
    inputs.memory.refused = refusals_.told();
    inputs.now = now_;
    WholeRound decided = whole_round(inputs, claims_, WallTime(Seconds(1767225600)));
    memory_ = std::move(decided.memory);
    claims_ = std::move(decided.claims);
    refusals_.keep(decided.writes);
    std::set<std::pair<Target, api::ObjectKey>> touched;
    std::size_t taken = 0;
    for (const auto& write : decided.writes) {
      if (!touched.insert({write.target, write.key}).second) continue;
      if (refuses(write)) {
        refusals_.refused(write, "403 not for you", now_);
      } else if (api.carry_out(write)) {
        refusals_.over(write);
        notices.insert(notices.end(), write.notices.begin(), write.notices.end());
        ++taken;
      }
    }
    return taken;
  }
  // Until so many rounds have changed nothing, and what was to be told has been told; members report
  // meanwhile.
  void settle() {
    const int enough = static_cast<int>(Refusals::kAfter.count()) + 3;
    int quiet = 0;
    for (int i = 0; i < 60 && quiet < enough; ++i) {
      quiet = round() == 0 ? quiet + 1 : 0;
      report_all(api, "node-1");
    }
    ASSERT_EQ(quiet, enough) << "it goes on writing";
  }
  // Another controller takes over, which knows what the API server has.
  void take_over() {
    memory_ = {};
    memory_.begun = now_ + Seconds(1);
    claims_ = {};
    refusals_ = {};
  }
  std::string reason(const std::string& kind, const std::string& name, const std::string& type) {
    for (const auto& each : api.at({kind, {"shop", name}})["status"]["conditions"]) {
      if (each["type"] == type) return each["reason"];
    }
    return "";
  }
  // Who was told WriteRefused.
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const auto& notice : notices) {
      if (notice.reason == "WriteRefused")
        out.push_back(notice.regarding.kind + " " + notice.regarding.name + ": " + notice.note);
    }
    return out;
  }

 private:
  Memory memory_;
  ClaimsMemory claims_;
  Refusals refusals_;
  TimePoint now_{Seconds(1000)};
};
using Told = std::vector<std::string>;

bool is_of_set_three(const Write& write) {
  return write.target == Target::kRealServerSet && write.key.name == "vip-3-v4-0";
}

TEST(ConvergenceFC18, WhatIsRefusedIsToldOnceAndOfWhomItConcernsAndAllElseIsServed) {
  Refusing cluster;
  fill(cluster.api);
  cluster.refuses = is_of_set_three;
  cluster.settle();
  const Told told{
      "VirtualIP vip-3: the API server refuses what we write of RealServerSet shop/vip-3-v4-0: 403 not for "
      "you"};
  EXPECT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "WriteRefused");
  EXPECT_EQ(cluster.reason("VirtualIP", "vip-2", "Degraded"), "Healthy");
  EXPECT_TRUE(cluster.api.has({"RealServerSet", {"shop", "vip-2-v4-0"}}));
  EXPECT_EQ(cluster.told(), told);
  cluster.refuses = [](const Write&) { return false; };
  cluster.settle();
  EXPECT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "Healthy");
  EXPECT_TRUE(cluster.api.has({"RealServerSet", {"shop", "vip-3-v4-0"}}));
  EXPECT_EQ(cluster.told(), told);
}

TEST(ConvergenceFC18, AServiceWhoseVirtualIPIsRefusedSaysSoItself) {
  Refusing cluster;
  fill(cluster.api);
  cluster.refuses = [](const Write& write) {
    return write.target == Target::kVirtualIP && write.key.name == "web";
  };
  cluster.settle();
  EXPECT_EQ(cluster.reason("Service", "web", "Accepted"), "WriteRefused");
  EXPECT_EQ(cluster.told(),
            Told{"Service web: the API server refuses what we write of its VirtualIP: 403 not for you"});
  cluster.refuses = [](const Write&) { return false; };
  cluster.settle();
  EXPECT_EQ(cluster.reason("Service", "web", "Accepted"), "Accepted");
  EXPECT_EQ(cluster.told().size(), 1U);
}

TEST(ConvergenceFC18, ANewLeaderNeitherTakesItBackNorTellsItAgain) {
  Refusing cluster;
  fill(cluster.api);
  cluster.refuses = is_of_set_three;
  cluster.settle();
  ASSERT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "WriteRefused");
  ASSERT_EQ(cluster.told().size(), 1U);
  cluster.take_over();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(cluster.round(), 0U) << i;
    EXPECT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "WriteRefused") << i;
  }
  EXPECT_EQ(cluster.told().size(), 1U);
  cluster.take_over();
  cluster.refuses = [](const Write&) { return false; };
  for (int i = 0; i < 40; ++i) cluster.round();
  EXPECT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "Healthy");
}

// It is not wanted any more, and nobody will ever take it.
TEST(ConvergenceFC18, ARefusalIsOverOnceNobodyWantsWhatWasRefused) {
  Refusing cluster;
  fill(cluster.api);
  cluster.refuses = is_of_set_three;
  cluster.settle();
  ASSERT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "WriteRefused");
  auto& spec = cluster.api.at({"VirtualIP", {"shop", "vip-3"}})["spec"];
  spec["forwarding"] = "Delegate";
  spec.erase("ports");
  spec.erase("servers");
  cluster.settle();
  EXPECT_EQ(cluster.reason("VirtualIP", "vip-3", "Degraded"), "Healthy");
}

}  // namespace
}  // namespace fairlead::controller
