#include "node/ipvs/fight.h"

#include <gtest/gtest.h>

#include <utility>

// FN-08: a writer deletes our entries at every round: condition, back-off, never 100 % CPU.
namespace fairlead::ipvs {
namespace {

const Key kWeb{*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port{80}};
const Key kOther{*net::parse_address("192.0.2.101"), net::Protocol::kTcp, net::Port{80}};
TimePoint at(int seconds) { return TimePoint{} + Seconds{seconds}; }

Fights after_one(Fights fights, const Key& key, TimePoint now) {
  return after_repairs(std::move(fights), {key}, now);
}

Fights repaired_each_second(int times) {
  Fights fights;
  for (int i = 0; i < times; ++i) fights = after_one(fights, kWeb, at(i));
  return fights;
}

TEST(Fights, FourRepairsInARowAreNotYetOne) {
  const Fights fights = repaired_each_second(kRepairsToFight - 1);
  EXPECT_TRUE(fought_over(fights, at(4)).empty());
  EXPECT_TRUE(may_repair(fights, kWeb, at(4)));
}

TEST(Fights, FiveRepairsInARowAreOneAndBackOff) {
  const Fights fights = repaired_each_second(kRepairsToFight);
  EXPECT_EQ(fought_over(fights, at(5)), (std::set<Key>{kWeb}));
  EXPECT_FALSE(may_repair(fights, kWeb, at(5)));
  EXPECT_FALSE(may_repair(fights, kWeb, at(13)));
  EXPECT_TRUE(may_repair(fights, kWeb, at(14)));
}

TEST(Fights, OfSeveralRepairedAtOnceEachHasItsOwnRecord) {
  const Fights fights = after_repairs(after_one({}, kWeb, at(0)), {kWeb, kOther}, at(1));
  EXPECT_EQ(fights, after_one(after_one(after_one({}, kWeb, at(0)), kWeb, at(1)), kOther, at(1)));
}

TEST(Fights, AreEachVirtualServersOwn) {
  EXPECT_TRUE(may_repair(repaired_each_second(kRepairsToFight), kOther, at(5)));
}

TEST(Fights, EndAfterThirtyQuietSeconds) {
  const Fights fights = repaired_each_second(kRepairsToFight);
  EXPECT_EQ(fought_over(fights, at(34)), (std::set<Key>{kWeb}));
  EXPECT_TRUE(fought_over(fights, at(35)).empty());
  EXPECT_EQ(after_one(fights, kWeb, at(35)).records.at(kWeb).repairs, 1);
}

TEST(Fights, ForgetRecordsThatAreOver) {
  EXPECT_EQ(after_one(repaired_each_second(3), kOther, at(60)).records.size(), 1U);
}

}  // namespace
}  // namespace fairlead::ipvs
