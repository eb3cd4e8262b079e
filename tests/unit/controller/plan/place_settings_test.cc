#include "controller/plan/place.h"

#include <gtest/gtest.h>

#include "unit/controller/plan/placing.h"

// Whose the fields of a group are: the pool's, the operator's.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Place, TheSettingsOfThePoolAreThoseOfItsGroups) {
  Inputs inputs = three_nodes();
  auto& vrrp = inputs.pools.at({"", "public"}).spec.vrrp;
  vrrp.version = 2;
  vrrp.advert_interval = Milliseconds(3000);
  vrrp.checksum = api::Checksum::kRfc5798;
  vrrp.link_up_delay = Milliseconds(1500);
  add_vips(inputs, 1);
  const auto spec = placed(inputs).groups.begin()->second.spec;
  EXPECT_EQ(spec.version, 2);
  EXPECT_EQ(spec.advert_interval, Milliseconds(3000));
  EXPECT_EQ(spec.checksum, api::Checksum::kRfc5798);
  EXPECT_EQ(spec.link_up_delay, Milliseconds(1500));
  EXPECT_EQ(spec.transport, api::Transport::kMulticast);
  for (const auto& member : spec.members) EXPECT_EQ(member.unicast_address, std::nullopt);
}

TEST(Place, AChangeOfThePoolReachesItsGroups) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  inputs.pools.at({"", "public"}).spec.vrrp.preempt = false;
  EXPECT_FALSE(placed(inputs).groups.begin()->second.spec.preempt);
}

// Two pools that were alike: whose rules its groups go by is not left to the order or number of addresses.
TEST(Place, OfAGroupThatTwoPoolsShareThePoolOfTheOldestVirtualIPRules) {
  Inputs inputs = three_nodes();
  inputs.pools.at({"", "public"}).spec.addresses = {*net::parse_range("192.0.2.100-192.0.2.102")};
  put(inputs.pools, pool("second", "192.0.2.103-192.0.2.120"));
  for (auto& [key, object] : inputs.pools) object.spec.groups = 1;
  add_vips(inputs, 4);  // the last by address and age is of the second pool
  inputs.groups = placed(inputs).groups;
  ASSERT_EQ(inputs.groups.size(), 1U);
  inputs.pools.at({"", "second"}).spec.vrrp.advert_interval = Milliseconds(1000);
  const auto interval = [&] { return placed(inputs).groups.begin()->second.spec.advert_interval; };
  EXPECT_EQ(interval(), Milliseconds(250));
  inputs.virtual_ips.at({"shop", "vip-3"}).meta.creation_timestamp = WallTime(Seconds(-1));
  EXPECT_EQ(interval(), Milliseconds(1000));
}

TEST(Place, WithItsPoolGoneAGroupStaysAsItIs) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  inputs.pools.clear();
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

// docs/vrrp.md: fields that no pool has are the operator's, in a group of ours, too.
TEST(Place, WhatAnOperatorAddsToAGroupOfOursStays) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  inputs.groups = placed(inputs).groups;
  auto& spec = inputs.groups.begin()->second.spec;
  spec.foreign_peers = {{ip("192.0.2.9"), 255}};
  spec.track_interfaces = {{"eth1", 0}};
  spec.excluded_addresses = {{ip("192.0.2.60"), 32}};
  spec.announce.refresh = Seconds(0);
  spec.fence_lifetime = Seconds(2);
  spec.strict_v6_first_address = false;
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

TEST(Place, WhatThePoolSaysOfAGroupOfOursIsPutBack) {
  Inputs inputs = three_nodes();
  add_vips(inputs, 1);
  const auto groups = inputs.groups = placed(inputs).groups;
  auto& spec = inputs.groups.begin()->second.spec;
  spec.advert_interval = Milliseconds(1000);
  spec.preempt = false;
  spec.preempt_delay = Seconds(0);
  spec.checksum = api::Checksum::kRfc5798;
  spec.transport = api::Transport::kUnicast;
  spec.link_up_delay = Milliseconds(100);
  EXPECT_EQ(placed(inputs).groups, groups);
}

TEST(Place, AGroupMadeByHandIsLeftAlone) {
  Inputs inputs = three_nodes();
  auto by_hand = group({"hand", 77, {{"192.0.2.50", "x"}}, {{"node-a", 255}}});
  by_hand.spec.addresses.front().owners.clear();
  by_hand.meta.labels["mine"] = "yes";
  put(inputs.groups, by_hand);
  EXPECT_EQ(placed(inputs).groups, inputs.groups);
}

// FC-04: the claims of its addresses name it, as they name no group made by hand.
TEST(Place, AGroupOfWhichSomebodyTookTheOwnersIsGivenThemAgain) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  put_claimed(inputs, vip("api", "192.0.2.101"));
  inputs.pools.at({"", "public"}).spec.groups = 1;
  inputs.groups = placed(inputs).groups;
  const auto whole = inputs.groups;
  ASSERT_EQ(whole.size(), 1U);
  auto& addresses = inputs.groups.begin()->second.spec.addresses;
  ASSERT_EQ(addresses.size(), 2U);
  for (auto& address : addresses) {  // one of them, then all
    address.owners.clear();
    EXPECT_EQ(placed(inputs).groups, whole);
  }
}

}  // namespace
}  // namespace fairlead::controller
