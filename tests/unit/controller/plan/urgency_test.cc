#include "controller/plan/urgency.h"

#include <gtest/gtest.h>

#include "controller/plan/set_write.h"
#include "unit/controller/plan/with_web.h"

// FC-06: what the world waits for comes before what is new.
namespace fairlead::controller {
namespace {

using namespace testing;

// `web` serves with one server, and `next` is new.
Inputs with_news() {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  for (auto& [key, set] : inputs.sets) {
    set.meta.uid = "uid-" + key.name;
    set.meta.resource_version = "17";
  }
  put_claimed(inputs, vip("next", "192.0.2.101"));
  return inputs;
}

std::vector<Step> steps_of(const std::vector<Write>& writes) {
  std::vector<Step> out;
  for (const auto& write : writes) out.push_back(write.step);
  return out;
}

// A Service of 256 ports and 1,000 endpoints has 256 sets.
TEST(Urgency, WhatOneVirtualIPHasOfSetsBeyondAFewComesBehindAllOthers) {
  api::RealServerSet set;
  set.meta = meta("web-v4-3", "shop");
  set.spec.slice_index = 3;
  EXPECT_EQ(set_write({}, set)->step, Step::kSets);
  set.spec.slice_index = 4;
  EXPECT_EQ(set_write({}, set)->step, Step::kMoreSets);
  EXPECT_GT(Step::kMoreSets, Step::kServiceStatus);
}

TEST(Urgency, RealServersOfWhatIsServedComeBeforeWhatIsNew) {
  Inputs inputs = with_news();
  const auto before = steps_of(changes(inputs, desired(inputs), {}));
  EXPECT_EQ(before, (std::vector<Step>{Step::kGroups, Step::kSets})) << "the new one's";
  web(inputs).spec.servers.push_back({*net::parse_address("192.0.2.77"), std::nullopt, api::Weight(3)});
  const auto writes = changes(inputs, desired(inputs), {});
  EXPECT_EQ(steps_of(writes), (std::vector<Step>{Step::kRealServers, Step::kGroups, Step::kSets}));
  EXPECT_EQ(writes[0].key.name, "web-v4-0");
}

TEST(Urgency, TheStatusOfWhatHasServedComesFirst) {
  Inputs inputs = with_news();
  web(inputs).status.state = "Ready";
  Statuses statuses;
  statuses.virtual_ips[{"shop", "web"}].state = "NoMaster";
  statuses.virtual_ips[{"shop", "next"}].state = "Pending";
  const auto writes = changes(inputs, desired(inputs), statuses);
  EXPECT_EQ(steps_of(writes), (std::vector<Step>{Step::kNews, Step::kGroups, Step::kSets, Step::kStatus}));
  EXPECT_EQ(writes[0].key.name, "web");
}

// Only the first write of an object is sent in a round: its spec is not put off by its status.
TEST(Urgency, AStatusThatGoesWithAChangeOfItsObjectWaitsForIt) {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  auto& [key, group] = *inputs.groups.begin();
  group.status.state = "Ready";
  group.spec.preempt_delay = Seconds(1);
  Statuses statuses;
  statuses.groups[key].state = "NoMaster";
  const auto writes = changes(inputs, desired(inputs), statuses);
  EXPECT_EQ(steps_of(writes), (std::vector<Step>{Step::kGroups, Step::kStatus}));
}

}  // namespace
}  // namespace fairlead::controller
