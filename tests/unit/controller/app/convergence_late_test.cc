#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "unit/controller/app/cluster.h"

// A write whose answer never came may arrive at the API server later, when what it was about is long gone.
// One that changes an object is refused then, by its UID (K-27); one that makes an object makes it anew.
namespace fairlead::controller {
namespace {

using namespace testing;

const std::string kAddress = "192.0.2.113";

void serve(FakeApi& api, Rounds& rounds) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(rounds.settle());
    report_all(api, "node-1");
  }
  ASSERT_TRUE(rounds.settle());
}

// A cluster in which each address has a group of its own, at rest.
struct Calm {
  FakeApi api;
  Rounds rounds{api};
  std::vector<Write> made;  // writes that have made an object since then

  Calm() {
    fill(api);
    api.at({"AddressPool", {"", "public"}})["spec"]["groups"] = 30;
    serve(api, rounds);
    rounds.on_write([this](const Write& write) {
      const bool makes = write.verb == Verb::kApply || write.verb == Verb::kCreate;
      if (makes && write.resource_version.empty()) made.push_back(write);
    });
  }
  // Adds what is asked for, and takes it away again when it is served.
  void pass_by(const std::vector<json>& objects) {
    std::vector<FakeApi::Key> keys;
    for (const auto& object : objects) {
      api.add(object);
      keys.push_back(
          {object["kind"], {object["metadata"].value("namespace", ""), object["metadata"]["name"]}});
    }
    serve(api, rounds);
    for (const auto& key : keys) api.remove(key);
    serve(api, rounds);
  }
};

std::set<Target> targets_of(const std::vector<Write>& writes) {
  std::set<Target> out;
  for (const auto& write : writes) out.insert(write.target);
  return out;
}

const std::vector<json>& late_service() {
  static const std::vector<json> out{service_json("late", kAddress), slice_json("late", "10.1.0.9")};
  return out;
}

TEST(LateWrites, WhatOneMakesAnewGoesAgainAndNothingElseChanges) {
  Calm calm;
  const auto before = result(calm.api);
  calm.pass_by(late_service());
  ASSERT_TRUE(result(calm.api) == before);
  const std::vector<Write> late = std::exchange(calm.made, {});
  ASSERT_EQ(targets_of(late), (std::set<Target>{Target::kVirtualIP, Target::kAddressClaim, Target::kVRRPGroup,
                                                Target::kRealServerSet}));
  for (const auto& write : late) {
    ASSERT_TRUE(calm.api.carry_out(write)) << write.key.name;
    EXPECT_EQ(calm.api.objects().size(), before.size() + 1) << write.key.name;
    serve(calm.api, calm.rounds);
    EXPECT_TRUE(result(calm.api) == before) << write.key.name;
  }
}

TEST(LateWrites, AllAtOnceGoToo) {
  Calm calm;
  const auto before = result(calm.api);
  calm.pass_by(late_service());
  const std::vector<Write> late = std::exchange(calm.made, {});
  ASSERT_FALSE(late.empty());
  for (const auto& write : late) ASSERT_TRUE(calm.api.carry_out(write)) << write.key.name;
  serve(calm.api, calm.rounds);
  EXPECT_TRUE(result(calm.api) == before);
}

// The version of nothing: of what is there the API server says "conflict".
TEST(LateWrites, OneThatMakesAnObjectChangesNoneThatIsThere) {
  Calm calm;
  for (const auto& object : late_service()) calm.api.add(object);
  serve(calm.api, calm.rounds);
  const auto there = result(calm.api);
  const std::vector<Write> made = std::exchange(calm.made, {});
  ASSERT_FALSE(made.empty());
  for (const auto& write : made) {
    EXPECT_FALSE(calm.api.carry_out(write)) << write.key.name;
    const json body = json::parse(write.body);
    const bool guarded = write.verb == Verb::kCreate || body["metadata"]["resourceVersion"] == "1";
    EXPECT_TRUE(guarded) << write.key.name;
  }
  EXPECT_TRUE(result(calm.api) == there);
}

// `low` and `late` had a group each; somebody else has the address of `late` in the group that `low` had.
TEST(LateWrites, AGroupMadeAnewTakesNoAddressFromWhoHasItNow) {
  Calm calm;
  calm.pass_by({vip_json("low", "192.0.2.112", 30), vip_json("late", kAddress, 31)});
  std::vector<Write> late = std::exchange(calm.made, {});
  std::erase_if(late, [](const Write& write) {
    return write.target != Target::kVRRPGroup || write.body.find(kAddress) == std::string::npos;
  });
  ASSERT_EQ(late.size(), 1U);
  calm.api.add(vip_json("next", kAddress, 40));
  serve(calm.api, calm.rounds);
  const auto before = result(calm.api);
  std::string its;
  for (const auto& [key, object] : calm.api.objects()) {
    if (key.first == "VRRPGroup" && object["spec"].dump().find(kAddress) != std::string::npos)
      its = key.second.name;
  }
  ASSERT_NE(its, "");
  ASSERT_NE(its, late[0].key.name);
  ASSERT_TRUE(calm.api.carry_out(late[0]));
  calm.api.at({"VRRPGroup", late[0].key})["metadata"]["creationTimestamp"] = "2026-01-01T00:02:00Z";
  calm.rounds.on_write([&](const Write& write) {
    const bool of_group = write.target == Target::kVRRPGroup && write.verb == Verb::kApply;
    EXPECT_TRUE(!of_group || write.key.name == late[0].key.name) << "no other group is touched";
  });
  serve(calm.api, calm.rounds);
  EXPECT_TRUE(result(calm.api) == before);
}

}  // namespace
}  // namespace fairlead::controller
