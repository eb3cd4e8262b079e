#include "controller/plan/out_of_reach.h"

#include <gtest/gtest.h>

#include "controller/plan/changes.h"
#include "controller/plan/desired.h"
#include "controller/plan/newest.h"
#include "unit/controller/plan/with_web.h"

// I-7, FC-09: groups that are there and cannot be changed, and sets that cannot be read.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kGroup{"", "192-0-2-0-24-v4-1"};
const api::ObjectKey kWeb{"shop", "web"};
const std::vector<api::Problem> kOfField{{"spec.transport", "must be one of Multicast, Unicast"}};

// As at a start of the controller: no version of it was ever read.
void poison(Inputs& inputs, const std::vector<api::Problem>& problems) {
  const auto& group = inputs.groups.at(kGroup);
  inputs.poisoned_groups[kGroup] = poisoned_from(group.meta, problems, group);
  inputs.groups.clear();
}

// Once each claim names the group that is chosen for its address.
Desired desired_once_named(Inputs inputs) {
  inputs.claims = desired(inputs).claims;
  return desired(inputs);
}

// With the set of the VirtualIP.
Inputs served_web() {
  Inputs inputs = with_web();
  inputs.sets = desired(inputs).sets;
  EXPECT_EQ(inputs.sets.size(), 1U);
  return inputs;
}

TEST(OutOfReach, WhatAGroupThatCannotBeReadHasComesIntoNoOtherAndIsServedAsItWas) {
  Inputs inputs = served_web();
  poison(inputs, kOfField);
  const auto out = desired(inputs);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_EQ(out.sets, inputs.sets);
  EXPECT_EQ(out.claims, inputs.claims);
  const auto& decision = out.decisions.at(kWeb);
  EXPECT_FALSE(decision.not_accepted || decision.not_allocated);
  ASSERT_TRUE(decision.not_placed);
  EXPECT_EQ(decision.not_placed->reason, Reason::kInvalidSpec);
  EXPECT_EQ(
      decision.not_placed->message,
      "VRRPGroup 192-0-2-0-24-v4-1, which has 192.0.2.100, cannot be read: spec.transport: must be one of "
      "Multicast, Unicast");
}

TEST(OutOfReach, NorDoesAnybodyElseGetItWhoAsksForIt) {
  Inputs inputs = served_web();
  poison(inputs, kOfField);
  inputs.claims.clear();
  auto older_one = vip("older", "192.0.2.100");
  older_one.meta.creation_timestamp = WallTime(Seconds(-5));
  put(inputs.virtual_ips, older_one);
  const auto out = desired(inputs);
  EXPECT_TRUE(out.groups.empty());
  EXPECT_EQ(out.decisions.at({"shop", "older"}).not_allocated->reason, Reason::kAddressInUse);
}

TEST(OutOfReach, OneThatIsBeingDeletedKeepsItsFinalizer) {
  Inputs inputs = served_web();
  poison(inputs, kOfField);
  web(inputs).meta.deleting = true;
  EXPECT_TRUE(desired(inputs).released.empty());
}

TEST(OutOfReach, AnAddressThatItLetsGoOfWaitsToo) {
  Inputs inputs = served_web();
  auto& group = inputs.groups.at(kGroup);
  group.spec.addresses.clear();
  group.meta.annotations["fairlead.dev/releasing"] = "192.0.2.100 uid-web node-a";
  poison(inputs, kOfField);
  EXPECT_TRUE(desired(inputs).groups.empty());
}

// Where not even the addresses are known, by what the VirtualIP says.
TEST(OutOfReach, OfAGroupWhoseAddressesCannotBeReadThoseCountThatSayThatTheyAreThere) {
  Inputs inputs = served_web();
  web(inputs).status.addresses = {"192.0.2.100"};
  web(inputs).status.groups = {kGroup.name};
  put_claimed(inputs, vip("other", "192.0.2.101"));
  inputs.groups.at(kGroup).spec.addresses.clear();
  poison(inputs, {{"spec.addresses[0].address", "must be an IP address"}});
  EXPECT_TRUE(desired(inputs).groups.empty());
  const auto out = desired_once_named(inputs);
  ASSERT_EQ(out.groups.size(), 1U);
  const auto& addresses = out.groups.begin()->second.spec.addresses;
  ASSERT_EQ(addresses.size(), 1U);
  EXPECT_EQ(addresses.front().address, ip("192.0.2.101"));
}

TEST(OutOfReach, OfAGroupThatLetItGoLongAgoItDoesNotCount) {
  Inputs inputs = served_web();
  web(inputs).status.addresses = {"192.0.2.100"};
  web(inputs).status.groups = {kGroup.name};
  inputs.groups.at(kGroup).spec.addresses.clear();
  poison(inputs, kOfField);
  EXPECT_EQ(desired_once_named(inputs).groups.size(), 1U);
}

TEST(OutOfReach, AGroupThatIsBeingDeletedKeepsItsAddressesWhileItIsThere) {
  Inputs inputs = served_web();
  inputs.groups.at(kGroup).meta.deleting = true;
  const auto out = desired(inputs);
  EXPECT_EQ(out.groups, inputs.groups);
  EXPECT_EQ(out.sets, inputs.sets);
  EXPECT_FALSE(out.decisions.at(kWeb).not_placed);
  inputs.groups.clear();
  EXPECT_EQ(desired(inputs).groups.size(), 1U);
}

// Whose it is the group says.
TEST(OutOfReach, WithAClaimThatCannotBeReadAnAddressIsServedByItsServersOfNow) {
  Inputs inputs = served_web();
  const auto claim = inputs.claims.begin()->second;
  inputs.poisoned_claims[api::key_of(claim.meta)] = {claim.meta, {{"spec.owner.kind", "must be VirtualIP"}}};
  inputs.claims.clear();
  web(inputs).spec.servers.push_back({ip("10.0.0.3"), {}, api::Weight(1)});
  const auto out = desired(inputs);
  EXPECT_EQ(out.groups, inputs.groups);
  ASSERT_EQ(out.sets.size(), 1U);
  EXPECT_EQ(out.sets.begin()->second.spec.virtual_servers.front().reals.size(), 3U);
}

// All of it is known without it.
}  // namespace
}  // namespace fairlead::controller
