#include "controller/plan/priorities.h"

#include <gtest/gtest.h>

// api.md, "Who is a member, with which priority".
namespace fairlead::controller {
namespace {

using Members = std::map<std::string, int>;

TEST(Priorities, NewGroupGetsTheFormula) {
  EXPECT_EQ(priorities({}, {"a"}, Milliseconds(250)), (Members{{"a", 200}}));
  EXPECT_EQ(priorities({}, {"a", "b"}, Milliseconds(250)), (Members{{"a", 200}, {"b", 150}}));
  EXPECT_EQ(priorities({}, {"c", "a", "b"}, Milliseconds(250)),
            (Members{{"c", 200}, {"a", 150}, {"b", 100}}));
}

TEST(Priorities, EightMembersAreTwentyOneApart) {
  EXPECT_EQ(priority_of_rank(1, 8), 179);
  EXPECT_EQ(priority_of_rank(7, 8), 53);
}

TEST(Priorities, NewcomerTakesTheMiddleOfTheLargestGapAndTheOthersKeepTheirs) {
  EXPECT_EQ(priorities({{"a", 200}}, {"b"}, Milliseconds(250)), (Members{{"a", 200}, {"b", 125}}));
  EXPECT_EQ(priorities({{"a", 200}, {"b", 150}}, {"c"}, Milliseconds(250)),
            (Members{{"a", 200}, {"b", 150}, {"c", 100}}));
}

TEST(Priorities, OfEqualGapsTheLowestIsTaken) {
  EXPECT_EQ(priorities({{"a", 200}, {"b", 125}}, {"c"}, Milliseconds(250)).at("c"), 87);
}

TEST(Priorities, AllAreRenumberedWhenAGapIsTooSmallForTheSkewAndForTheFormula) {
  // Four members at 250 ms: the formula's step is 50 and 19 ms of skew ask for a gap of 20.
  const auto out = priorities({{"a", 200}, {"b", 190}, {"c", 60}}, {"d"}, Milliseconds(250));
  EXPECT_EQ(out, (Members{{"a", 200}, {"b", 150}, {"d", 100}, {"c", 50}}));
}

TEST(Priorities, NothingIsRenumberedWhileTheSkewIsLongEnough) {
  const auto out = priorities({{"a", 200}, {"b", 190}, {"c", 60}}, {"d"}, Milliseconds(1000));
  EXPECT_EQ(out.at("b"), 190);
}

TEST(Priorities, NothingIsRenumberedIfTheFormulaCouldNotDoBetter) {
  Members eight;
  for (int rank = 0; rank < 8; ++rank) eight[std::string(1, static_cast<char>('a' + rank))] = 200 - rank * 21;
  EXPECT_EQ(priorities(eight, {}, Milliseconds(50)), eight);
}

// RFC 3768 6.1: (256 - priority) / 256 seconds, whatever the interval.
TEST(Priorities, TheSkewOfVersion2IsAShareOfOneSecond) {
  api::VRRPGroupSpec spec;
  spec.advert_interval = Milliseconds(10000);
  EXPECT_EQ(skew_interval(spec), Milliseconds(10000));
  spec.version = 2;
  EXPECT_EQ(skew_interval(spec), Milliseconds(1000));
}

TEST(Priorities, MembersPerGroupFollowTheAdvertInterval) {
  EXPECT_EQ(most_members(Milliseconds(1000)), 8);
  EXPECT_EQ(most_members(Milliseconds(250)), 8);
  EXPECT_EQ(most_members(Milliseconds(100)), 4);
  EXPECT_EQ(most_members(Milliseconds(60)), 2);
  EXPECT_EQ(most_members(Milliseconds(10)), 2);
}

}  // namespace
}  // namespace fairlead::controller
