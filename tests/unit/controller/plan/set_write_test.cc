#include "controller/plan/set_write.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controller/plan/desired.h"
#include "unit/controller/plan/with_web.h"

namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kSet{"shop", "web-v4-0"};

// `web` is served, and its set is there as it should be.
Inputs served() {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  auto& set = inputs.sets.at(kSet).meta;
  set.uid = "uid-set";
  set.resource_version = "40";
  return inputs;
}
std::vector<Write> set_writes(const Inputs& inputs) {
  auto out = changes(inputs, desired(inputs), {});
  std::erase_if(out, [](const Write& write) { return write.target != Target::kRealServerSet; });
  return out;
}
// Somebody has made of it what cannot be read.
void poison(Inputs& inputs) {
  api::ObjectMeta newest = inputs.sets.at(kSet).meta;
  newest.resource_version = "41";
  inputs.poisoned_sets[kSet] = {newest, {{"spec.virtualServers", "must be a list"}}};
}
void expect_healed(const Inputs& inputs) {
  const auto writes = set_writes(inputs);
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].verb, Verb::kApply);
  EXPECT_EQ(writes[0].resource_version, "41");
  EXPECT_NE(writes[0].body.find("\"resourceVersion\":\"41\""), std::string::npos) << writes[0].body;
  EXPECT_NE(writes[0].body.find("\"uid\":\"uid-set\""), std::string::npos) << writes[0].body;
}

TEST(SetWrite, WhatIsAsItShouldBeIsNotWritten) { EXPECT_TRUE(set_writes(served()).empty()); }

// FC-09: after a restart nobody knows what it said while it could be read.
TEST(SetWrite, OneThatCouldNeverBeReadIsWrittenOverByItsVersion) {
  Inputs inputs = served();
  poison(inputs);
  inputs.sets.clear();
  expect_healed(inputs);
}

TEST(SetWrite, OneThatCanBeReadNoMoreIsWrittenOverByItsNewestVersion) {
  Inputs inputs = served();
  poison(inputs);
  expect_healed(inputs);
  inputs.virtual_ips.begin()->second.spec.servers.pop_back();
  expect_healed(inputs);
}

}  // namespace
}  // namespace fairlead::controller
