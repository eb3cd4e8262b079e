#include "controller/app/turn.h"

#include <gtest/gtest.h>

// FC-06: an event storm, or 10,000 Services at once.
namespace fairlead::controller {
namespace {

Write write(const std::string& name, const std::string& body) {
  Write out;
  out.target = Target::kRealServerSet;
  out.key = {"shop", name};
  out.body = body;
  return out;
}
std::vector<std::string> bodies(const Turn& turn) {
  std::vector<std::string> out;
  for (const auto& each : turn.writes) out.push_back(each.body);
  return out;
}
bool any(const Write& /*write*/) { return true; }
using Bodies = std::vector<std::string>;

TEST(TurnFC06, TakesTheFirstOfEachObjectAndNoMoreThanSoMany) {
  const std::vector<Write> all{write("a", "1"), write("a", "2"), write("b", "3"), write("c", "4")};
  EXPECT_EQ(bodies(take_turn(all, 2, any)), (Bodies{"1", "3"}));
  EXPECT_TRUE(take_turn(all, 2, any).more);
  EXPECT_EQ(bodies(take_turn(all, 3, any)), (Bodies{"1", "3", "4"}));
  EXPECT_FALSE(take_turn(all, 3, any).more);
  EXPECT_FALSE(take_turn({write("a", "1"), write("a", "2")}, 1, any).more)
      << "the other was of the same object";
}

// What fails again and again holds nothing up.
TEST(TurnFC06, WhatWaitsForARetryTakesNobodysPlace) {
  const std::vector<Write> all{write("a", "1"), write("a", "2"), write("b", "3"), write("c", "4")};
  const auto turn = take_turn(all, 2, [](const Write& each) { return each.body != "1" && each.body != "3"; });
  EXPECT_EQ(bodies(turn), (Bodies{"2", "4"}));
  EXPECT_FALSE(turn.more);
}

}  // namespace
}  // namespace fairlead::controller
