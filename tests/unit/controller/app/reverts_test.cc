#include "controller/app/reverts.h"

#include <gtest/gtest.h>

// FC-04: others write our fields. Counted, named, backed off from: never a war.
namespace fairlead::controller {
namespace {

constexpr TimePoint kStart{Seconds(1000)};

std::string body(const std::string& version, const std::string& state) {
  return R"({"metadata":{"name":"web","resourceVersion":")" + version +
         R"("},"status":{"conditions":[{"lastTransitionTime":"2026-01-01T00:00:)" + version +
         R"(Z"}],"state":")" + state + "\"}}";
}
// It is written and undone so often, so far apart; returns when the last was.
TimePoint undone(Reverts& reverts, int times, Seconds apart, TimePoint from) {
  TimePoint now = from;
  for (int i = 0; i <= times; ++i)
    reverts.written("web", "", body(std::to_string(i + 10), "Ready"), now = from + i * apart);
  return now;
}

TEST(RevertsFC04, TheSameWrittenAgainWasUndoneWhateverItsVersionAndTimes) {
  Reverts reverts;
  EXPECT_FALSE(reverts.written("web", "", body("10", "Ready"), kStart));
  EXPECT_TRUE(reverts.written("web", "", body("11", "Ready"), kStart));
  EXPECT_FALSE(reverts.written("web", "", body("12", "NoMaster"), kStart));
  EXPECT_FALSE(reverts.written("web", "", body("13", "Ready"), kStart)) << "it was not undone, we changed it";
  EXPECT_FALSE(reverts.written("other", "", body("14", "Ready"), kStart));
}

// A group that goes and comes with an address has the status that the one before had.
TEST(RevertsFC04, TheStatusOfWhatIsMadeAnewIsNotUndone) {
  Reverts reverts;
  for (int life = 0; life < 9; ++life)
    EXPECT_FALSE(reverts.written("web", "uid-" + std::to_string(life), body("10", "Ready"), kStart)) << life;
  EXPECT_TRUE(reverts.written("web", "uid-8", body("10", "Ready"), kStart));
  EXPECT_TRUE(reverts.fought(kStart).empty());
}

TEST(RevertsFC04, WhatWeHaveLetGoOfIsNotUndone) {
  Reverts reverts;
  for (int life = 0; life < 9; ++life) {
    EXPECT_FALSE(reverts.written("groups/a 1", "", body("10", "Ready"), kStart)) << life;
    EXPECT_EQ(reverts.written("groups/ab 1", "", body("10", "Ready"), kStart), life > 0) << "its own name";
    reverts.let_go("groups/a ");
  }
  EXPECT_EQ(reverts.fought(kStart), (std::map<std::string, std::string>{{"groups/ab 1", ""}}));
}

TEST(RevertsFC04, FiveTimesWithinAMinuteIsAFightAndThenItIsWrittenOnceAMinute) {
  Reverts reverts;
  TimePoint now = undone(reverts, 4, Seconds(10), kStart);
  EXPECT_TRUE(reverts.may_write("web", now));
  EXPECT_TRUE(reverts.fought(now).empty());
  now += Seconds(10);
  reverts.written("web", "", body("99", "Ready"), now);
  EXPECT_EQ(reverts.fought(now), (std::map<std::string, std::string>{{"web", ""}}));
  EXPECT_TRUE(reverts.may_write("other", now));
  for (int round = 0; round < 5; ++round) {
    EXPECT_FALSE(reverts.may_write("web", now + Seconds(59)));
    EXPECT_EQ(reverts.next(now + Seconds(59)), now + Seconds(60));
    now += Seconds(60);
    ASSERT_TRUE(reverts.may_write("web", now));
    EXPECT_TRUE(reverts.written("web", "", body("99", "Ready"), now));
    EXPECT_EQ(reverts.fought(now).size(), 1U);
  }
}

// Asked before each write, so that nobody is looked for but where there is a fight.
TEST(RevertsFC04, WhoItIsIsAskedBeforeTheWriteThatMakesItAFightAndBeforeEachAfterIt) {
  Reverts reverts;
  TimePoint now = kStart;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(reverts.would_fight("web", body("9", "Ready"), now)) << i;
    reverts.written("web", "", body(std::to_string(i + 10), "Ready"), now);
    now += Seconds(10);
  }
  EXPECT_TRUE(reverts.would_fight("web", body("9", "Ready"), now));
  EXPECT_FALSE(reverts.would_fight("web", body("9", "NoMaster"), now)) << "that is new, and nobody undid it";
  EXPECT_FALSE(reverts.would_fight("web", body("9", "Ready"), now + Seconds(60))) << "too long ago";
  EXPECT_FALSE(reverts.would_fight("other", body("9", "Ready"), now));
  reverts.written("web", "", body("15", "Ready"), now);
  EXPECT_TRUE(reverts.would_fight("web", body("16", "Ready"), now + Seconds(60)));
}

TEST(RevertsFC04, WhoIsNamedStaysSoUntilTheFightIsOver) {
  Reverts reverts;
  const TimePoint last = undone(reverts, 5, Seconds(1), kStart);
  EXPECT_TRUE(reverts.named("web", "argocd"));
  EXPECT_FALSE(reverts.named("web", "argocd")) << "no news";
  EXPECT_FALSE(reverts.named("web", "")) << "who takes a field away has none";
  EXPECT_EQ(reverts.fought(last), (std::map<std::string, std::string>{{"web", "argocd"}}));
  EXPECT_TRUE(reverts.named("web", "kubectl"));
  EXPECT_EQ(reverts.fought(last), (std::map<std::string, std::string>{{"web", "kubectl"}}));
  EXPECT_FALSE(reverts.named("other", "argocd"));
  undone(reverts, 6, Seconds(1), last + Seconds(300));
  EXPECT_EQ(reverts.fought(last + Seconds(306)), (std::map<std::string, std::string>{{"web", ""}}));
}

// What nobody undoes is remembered while somebody might, and no longer.
TEST(RevertsFC04, WhatWasWrittenLongAgoIsForgotten) {
  Reverts reverts;
  reverts.written("web", "", body("10", "Ready"), kStart);
  EXPECT_FALSE(reverts.forget(kStart + Reverts::kForgotten));
  EXPECT_TRUE(reverts.forget(kStart + 2 * Reverts::kForgotten));
  EXPECT_FALSE(reverts.forget(kStart + 4 * Reverts::kForgotten)) << "nothing is left";
  EXPECT_FALSE(reverts.written("web", "", body("11", "Ready"), kStart + 4 * Reverts::kForgotten));
}

TEST(RevertsFC04, UndoneNowAndThenIsNoFight) {
  Reverts reverts;
  const TimePoint now = undone(reverts, 20, Seconds(20), kStart);
  EXPECT_TRUE(reverts.may_write("web", now));
  EXPECT_TRUE(reverts.fought(now).empty());
}

TEST(RevertsFC04, AFightIsOverThreeMinutesAfterTheLastTime) {
  Reverts reverts;
  const TimePoint last = undone(reverts, 5, Seconds(1), kStart);
  EXPECT_EQ(reverts.fought(last + Seconds(180)).size(), 1U);
  EXPECT_TRUE(reverts.fought(last + Seconds(181)).empty());
  reverts.written("web", "", body("99", "Ready"), last + Seconds(181));
  EXPECT_TRUE(reverts.may_write("web", last + Seconds(182))) << "one time more begins no fight";
}

}  // namespace
}  // namespace fairlead::controller
