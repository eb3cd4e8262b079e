#include "controller/plan/doubts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/controller/plan/hiding.h"

// FC-03: what a write takes for gone, whoever is told of its outcome takes for gone, too.
namespace fairlead::controller {
namespace {

using namespace testing;

// Whether the write tells of that VirtualIP's address: its set, its status, its Service's status.
bool tells(const Write& write, const std::string& name) {
  return write.key.name.starts_with(name) &&
         (write.step == Step::kSets || write.step == Step::kServiceStatus || write.step == Step::kStatus);
}

Statuses statuses_of(const std::string& name, const std::string& address) {
  Statuses out;
  out.virtual_ips[{"shop", name}].address = address;
  out.services[{"shop", name}].ingress = {{address, "Proxy"}};
  return out;
}

TEST(DoubtsFC03, OfAnAddressThatAGroupDoesNotWaitForNothingTellsBeforeThatNodeIsFoundGone) {
  Inputs inputs = releasing_by_node_x();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  put(inputs.services, service("web", ""));
  const auto writes = changes(inputs, desired(inputs), statuses_of("web", "192.0.2.100"));
  int told = 0;
  for (const auto& write : writes) {
    if (!tells(write, "web")) continue;
    ++told;
    EXPECT_EQ(write.absences, std::vector<Absence>{kNodeX}) << static_cast<int>(write.step);
  }
  EXPECT_EQ(told, 3);
}

TEST(DoubtsFC03, WhatAVirtualIPHasAlreadyIsToldWhateverElseItsGroupTakesForGone) {
  Inputs inputs = holding({{"192.0.2.100", "web"}, {"192.0.2.101", "other"}});
  put_claimed(inputs, vip("other", "192.0.2.101"));
  put(inputs.services, service("other", ""));
  const auto writes = changes(inputs, desired(inputs), statuses_of("other", "192.0.2.101"));
  int told = 0;
  for (const auto& write : writes) {
    if (!tells(write, "other")) continue;
    ++told;
    EXPECT_TRUE(write.absences.empty()) << static_cast<int>(write.step);
  }
  EXPECT_EQ(told, 3);
}

// A status that is written of `name`; its absences.
std::vector<Absence> status_absences(const Inputs& inputs, const std::string& name) {
  const auto writes = changes(inputs, desired(inputs), statuses_of(name, ""));
  for (const auto& write : writes) {
    if (write.step == Step::kStatus && write.target == Target::kVirtualIP) return write.absences;
  }
  ADD_FAILURE() << "no status of " << name << " is written";
  return {};
}
Inputs with_asker(Inputs inputs) {
  auto next = vip("next", "192.0.2.100");
  next.status.state = "Pending";  // so that a status is written
  put(inputs.virtual_ips, next);
  return inputs;
}

TEST(DoubtsFC03, WhoAsksForAnAddressIsToldNothingElseBeforeItsHolderIsFoundGone) {
  EXPECT_EQ(status_absences(with_asker(holding({{"192.0.2.100", "web"}})), "next"),
            std::vector<Absence>{kWeb});
  Inputs claimed = with_asker(three_nodes());
  put(claimed.claims, claim_for("192.0.2.100", "web"));
  EXPECT_EQ(status_absences(claimed, "next"), std::vector<Absence>{kWeb});
}

TEST(DoubtsFC03, WhoAsksForAnAddressIsToldNothingElseBeforeTheNodeThatMayHoldItIsFoundGone) {
  Inputs inputs = with_asker(releasing_by_node_x());
  put(inputs.claims, claim_for("192.0.2.100", "old"));
  const auto asked = status_absences(inputs, "next");
  EXPECT_EQ(std::count(asked.begin(), asked.end(), kNodeX), 1);
  put(inputs.nodes, node("node-x"));
  EXPECT_TRUE(status_absences(inputs, "next").empty());
}

TEST(DoubtsFC03, WhoAsksForAnotherAddressIsTold) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  auto other = vip("other", "192.0.2.101");
  other.status.state = "Pending";
  put(inputs.virtual_ips, other);
  EXPECT_TRUE(status_absences(inputs, "other").empty());
}

TEST(DoubtsFC03, AClaimThatIsInNoGroupIsGivenBackOnceItsPoolIsFoundGone) {
  Inputs inputs = with_asker(three_nodes());
  put(inputs.claims, claim_for("192.0.2.100", "next"));
  inputs.pools.clear();
  const auto writes = changes(inputs, desired(inputs), {});
  const Absence unchanged{Target::kVirtualIP, {"shop", "next"}, "uid-next", "1"};
  const Absence pool{Target::kAddressPool, {"", "public"}, ""};
  ASSERT_EQ(writes.back().step, Step::kRemoveClaims);
  EXPECT_EQ(writes.back().absences, (std::vector<Absence>{unchanged, pool}));
  EXPECT_EQ(status_absences(inputs, "next"), (std::vector<Absence>{unchanged, pool}));
}

}  // namespace
}  // namespace fairlead::controller
