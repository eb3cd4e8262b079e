#include "controller/status/unjudged.h"

#include <gtest/gtest.h>

#include "controller/plan/eligible.h"
#include "controller/status/conditions.h"
#include "controller/status/summary.h"
#include "unit/controller/builders.h"

namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};
const api::ObjectKey kGroup{"", "192-0-2-0-24-v4-1"};
const api::ObjectKey kPool{"", "public"};
const std::string kRefused =
    "the API server refuses what we write of RealServerSet shop/web-v4-0: 403 exceeded quota";
const std::string kRefusedGroup =
    "the API server refuses what we write of VRRPGroup 192-0-2-0-24-v4-1: 403 exceeded quota";
const std::string kUndone = "this AddressPool is undone again and again";

// VirtualIP shop/web of a Service, served, of which everybody says what a controller before this one has
// seen.
Inputs left_by_another() {
  Inputs out = three_nodes();
  put_claimed(out, vip("web", "192.0.2.100"));
  put(out.services, service("web", "192.0.2.100"));
  out.virtual_ips.at(kWeb).meta.owner_references = {{"v1", "Service", "web", "uid-web", true}};
  auto served_by = group({kGroup.name, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}});
  served_by.status.members = {entry("node-a", api::MemberState::kMaster),
                              entry("node-b", api::MemberState::kBackup)};
  put(out.groups, served_by);
  out.sets = desired(out).sets;
  const auto refused = condition("Degraded", true, Reason::kWriteRefused, kRefused);
  out.virtual_ips.at(kWeb).status.conditions = {refused};
  out.groups.at(kGroup).status.conditions = {
      condition("Degraded", true, Reason::kWriteRefused, kRefusedGroup)};
  out.pools.at(kPool).status.conditions = {
      condition("Degraded", true, Reason::kForeignStatusWriter, kUndone)};
  out.services.at(kWeb).conditions = {condition("Accepted", false, Reason::kWriteRefused, kRefused)};
  out.now = TimePoint(Seconds(1000));
  return out;
}

struct Said {
  std::string virtual_ip;
  std::string group;
  std::string pool;
  std::string service;
  std::size_t events = 0;
  friend bool operator==(const Said&, const Said&) = default;
};
Said said_by(const Inputs& inputs) {
  const auto statuses = summarize(inputs, desired(inputs), {}, {}).statuses;
  const auto reason = [](const std::vector<api::Condition>& conditions, const std::string& type) {
    return find_condition(conditions, type)->reason;
  };
  std::size_t events = 0;
  for (const auto* notices : {&statuses.virtual_ip_notices.at(kWeb), &statuses.service_notices.at(kWeb),
                              &statuses.pool_notices.at(kPool)}) {
    for (const auto& notice : *notices) {
      events += notice.reason == "WriteRefused" || notice.reason == "ForeignStatusWriter" ? 1 : 0;
    }
  }
  return {reason(statuses.virtual_ips.at(kWeb).conditions, "Degraded"),
          reason(statuses.groups.at(kGroup).conditions, "Degraded"),
          reason(statuses.pools.at(kPool).conditions, "Degraded"),
          reason(statuses.services.at(kWeb).conditions, "Accepted"), events};
}
const Said kAsBefore{"WriteRefused", "WriteRefused", "ForeignStatusWriter", "WriteRefused", 0};
const Said kOver{"Healthy", "Healthy", "Healthy", "Accepted", 0};

TEST(Unjudged, WhatTheOneBeforeHasSeenStandsUntilThereWasTimeToSeeIt) {
  Inputs inputs = left_by_another();
  inputs.memory.begun = inputs.now;
  EXPECT_EQ(said_by(inputs), kAsBefore);
  inputs.now += kReadyBeforeItsPods - Seconds(1);
  EXPECT_EQ(said_by(inputs), kAsBefore);
  inputs.now += Seconds(1);
  EXPECT_EQ(said_by(inputs), kOver);
}

TEST(Unjudged, OneThatBeganLongAgoSaysWhatItSees) { EXPECT_EQ(said_by(left_by_another()), kOver); }

TEST(Unjudged, WhatIsSeenAgainIsSaidOnce) {
  Inputs inputs = left_by_another();
  inputs.memory.begun = inputs.now;
  inputs.memory.refused = {{{"realserversets", {"shop", "web-v4-0"}, false}, "403 exceeded quota"}};
  EXPECT_EQ(said_by(inputs), kAsBefore);
  const auto statuses = summarize(inputs, desired(inputs), {}, {}).statuses;
  const auto* degraded = find_condition(statuses.virtual_ips.at(kWeb).conditions, "Degraded");
  EXPECT_EQ(degraded->message.find(kRefused), degraded->message.rfind(kRefused)) << degraded->message;
}

TEST(Unjudged, OnlyWhatTakesTimeToSeeStands) {
  const auto healthy = condition("Degraded", false, Reason::kHealthy, "");
  const auto split = condition("Degraded", true, Reason::kSplitOwnership, "two");
  const auto refused = condition("Degraded", true, Reason::kWriteRefused, kRefused);
  const auto kept_of = [](const std::vector<api::Condition>& shown, std::vector<api::Condition> causes) {
    const std::size_t known = causes.size();
    const bool some = keep_unjudged(shown, causes);
    EXPECT_EQ(some, causes.size() > known);
    causes.erase(causes.begin(), causes.begin() + static_cast<std::ptrdiff_t>(known));
    return causes;
  };
  EXPECT_TRUE(kept_of({}, {}).empty());
  EXPECT_TRUE(kept_of({healthy}, {}).empty());
  EXPECT_TRUE(kept_of({split}, {}).empty());
  EXPECT_TRUE(kept_of({refused}, {refused}).empty());
  const auto kept = kept_of({joined({split, refused})}, {split});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].reason, "WriteRefused");
  EXPECT_EQ(kept[0].message, kRefused);
  EXPECT_EQ(kept[0].status, api::ConditionStatus::kTrue);
}

}  // namespace
}  // namespace fairlead::controller
