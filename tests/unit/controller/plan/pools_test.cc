#include "controller/plan/pools.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// api.md, AddressPool.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Pools, OfTwoThatOverlapTheYoungerIsRefused) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/24"));
  auto younger = pool("b", "192.0.2.128-192.0.2.200");
  younger.meta.creation_timestamp = WallTime(Seconds(60));
  put(inputs.pools, younger);
  const auto refused = refused_pools(inputs);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused.at("b").reason, Reason::kOverlap);
  EXPECT_NE(refused.at("b").message.find("older pool a"), std::string::npos);
}

TEST(Pools, PoolsSideBySideAreAccepted) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/25"));
  put(inputs.pools, pool("b", "192.0.2.128/25"));
  EXPECT_TRUE(refused_pools(inputs).empty());
}

TEST(Pools, FieldsNotBuiltYetRefuseThePoolAndAreNamed) {
  Inputs inputs;
  auto later = pool("a", "192.0.2.0/24");
  later.spec.not_yet_supported.emplace_back("spec.autoAssign");
  put(inputs.pools, later);
  EXPECT_EQ(refused_pools(inputs).at("a").reason, Reason::kNotYetSupported);
  EXPECT_NE(refused_pools(inputs).at("a").message.find("spec.autoAssign"), std::string::npos);
}

TEST(Pools, AnUnreadablePoolIsRefusedAndHarmsNoOther) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/24"));
  inputs.poisoned_pools.insert({{"", "bad"}, {meta("bad", ""), {{"spec.addresses", "required"}}}});
  EXPECT_EQ(refused_pools(inputs).at("bad").reason, Reason::kInvalidSpec);
  EXPECT_EQ(pool_for(inputs, refused_pools(inputs), ip("192.0.2.1"), "").pool->meta.name, "a");
}

TEST(Pools, AnAddressFindsItsPool) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/25"));
  put(inputs.pools, pool("b", "192.0.2.128/25"));
  EXPECT_EQ(pool_for(inputs, {}, ip("192.0.2.200"), "").pool->meta.name, "b");
  EXPECT_EQ(pool_for(inputs, {}, ip("192.0.2.200"), "b").pool->meta.name, "b");
}

TEST(Pools, EveryNoHasItsReason) {
  Inputs inputs;
  put(inputs.pools, pool("a", "192.0.2.0/25"));
  EXPECT_EQ(pool_for(inputs, {}, ip("198.51.100.1"), "").refusal->reason, Reason::kOutsidePool);
  EXPECT_EQ(pool_for(inputs, {}, ip("198.51.100.1"), "a").refusal->reason, Reason::kOutsidePool);
  EXPECT_EQ(pool_for(inputs, {}, ip("192.0.2.1"), "absent").refusal->reason, Reason::kPoolNotFound);
  const std::map<std::string, Refusal> refused{{"a", {Reason::kOverlap, ""}}};
  EXPECT_EQ(pool_for(inputs, refused, ip("192.0.2.1"), "a").refusal->reason, Reason::kNotAdmitted);
  EXPECT_EQ(pool_for(inputs, refused, ip("192.0.2.1"), "").refusal->reason, Reason::kOutsidePool);
}

TEST(Pools, StatusHasTheExactCoverAndCountsWhatGroupsHold) {
  ByKey<api::VRRPGroup> groups;
  put(groups, group({"g", 1, {{"192.0.2.100", "web"}, {"192.0.2.1", "other"}}, {}}));
  const auto status = pool_numbers(pool("a", "192.0.2.96-192.0.2.104"), groups);
  EXPECT_EQ(status.cidrs, (std::vector<std::string>{"192.0.2.96/29", "192.0.2.104/32"}));
  EXPECT_EQ(status.assigned_ipv4, 1);
  EXPECT_EQ(status.available_ipv4, 8);
  EXPECT_EQ(status.available_ipv6, 0);
}

TEST(Pools, AnAddressThatAGroupHoldsWithoutListingItIsAssigned) {
  auto holder = group({"g", 1, {{"192.0.2.100", "web"}}, {}});
  holder.spec.excluded_addresses = {{ip("192.0.2.97"), 32}, {ip("192.0.2.1"), 32}};
  ByKey<api::VRRPGroup> groups;
  put(groups, holder);
  const auto status = pool_numbers(pool("a", "192.0.2.96/29"), groups);
  EXPECT_EQ(status.assigned_ipv4, 2);
  EXPECT_EQ(status.available_ipv4, 6);
}

TEST(Pools, AvailableSaturates) {
  EXPECT_EQ(pool_numbers(pool("a", "2001:db8::/32"), {}).available_ipv6, std::int64_t{1} << 53);
}

}  // namespace
}  // namespace fairlead::controller
