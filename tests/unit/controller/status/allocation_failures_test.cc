#include "controller/status/allocation_failures.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// K-42: a refusal is counted once, however often a round computes it.
namespace fairlead::controller {
namespace {

using namespace testing;
using Counts = std::map<AllocationFailure, int>;

api::VirtualIPStatus allocated(bool is_true, const std::string& reason) {
  api::VirtualIPStatus out;
  api::Condition condition;
  condition.type = "Allocated";
  condition.status = is_true ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse;
  condition.reason = reason;
  out.conditions.push_back(condition);
  return out;
}
Inputs two() {
  Inputs inputs;
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  auto mail = vip("mail", "192.0.2.101");
  mail.spec.pool = "public";
  put(inputs.virtual_ips, mail);
  return inputs;
}
Statuses of(const api::VirtualIPStatus& web, const api::VirtualIPStatus& mail) {
  Statuses out;
  out.virtual_ips[{"shop", "web"}] = web;
  out.virtual_ips[{"shop", "mail"}] = mail;
  return out;
}

TEST(AllocationFailures, AreCountedByPoolAndReasonAndNoOthers) {
  const Inputs inputs = two();
  const auto now =
      allocation_failures(inputs, of(allocated(false, "AddressInUse"), allocated(true, "Allocated")));
  EXPECT_EQ(now, (AllocationFailures{{"uid-web", {"", "AddressInUse"}}}));
  EXPECT_EQ(new_failures(inputs, {}, now), (Counts{{{"", "AddressInUse"}, 1}}));
  const auto both =
      allocation_failures(inputs, of(allocated(false, "PoolExhausted"), allocated(false, "PoolExhausted")));
  EXPECT_EQ(new_failures(inputs, {}, both),
            (Counts{{{"", "PoolExhausted"}, 1}, {{"public", "PoolExhausted"}, 1}}));
}

TEST(AllocationFailures, ARoundThatComputesTheSameOnceMoreCountsNothing) {
  const Inputs inputs = two();
  const auto now = allocation_failures(inputs, of(allocated(false, "AddressInUse"), {}));
  EXPECT_TRUE(new_failures(inputs, now, now).empty()) << "it was cut before the status, or the write failed";
  const auto other = allocation_failures(inputs, of(allocated(false, "PoolExhausted"), {}));
  EXPECT_EQ(new_failures(inputs, now, other).size(), 1U);
  const auto none = allocation_failures(inputs, of(allocated(true, "Allocated"), {}));
  EXPECT_TRUE(new_failures(inputs, now, none).empty());
  EXPECT_EQ(new_failures(inputs, none, now).size(), 1U) << "refused once more";
}

TEST(AllocationFailures, WhatTheStatusSaysAlreadyWasCountedByTheControllerBefore) {
  Inputs inputs = two();
  inputs.virtual_ips.at({"shop", "web"}).status = allocated(false, "AddressInUse");
  const auto now = allocation_failures(inputs, of(allocated(false, "AddressInUse"), {}));
  EXPECT_TRUE(new_failures(inputs, {}, now).empty());
  inputs.virtual_ips.at({"shop", "web"}).status = allocated(true, "AddressInUse");
  EXPECT_EQ(new_failures(inputs, {}, now).size(), 1U);
}

}  // namespace
}  // namespace fairlead::controller
