#include "node/health/schedule.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <utility>

// datapath.md 9: whose turn it is, and what is carried over.
namespace fairlead::health {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TimePoint kNow{Seconds(1000)};
const Failed kSilent{FailureReason::kTimedOut, "no answer within 3 s"};

CheckKey key(int host) {
  CheckKey out;
  out.target = {
      net::IpAddress::v4({10, 0, static_cast<std::uint8_t>(host / 256), static_cast<std::uint8_t>(host)}),
      net::Port(80)};
  return out;
}
std::set<CheckKey> keys(int count) {
  std::set<CheckKey> out;
  for (int i = 0; i < count; ++i) out.insert(key(i));
  return out;
}
CheckKey slower(int host) {
  CheckKey out = key(host);
  out.interval = Seconds(60);
  return out;
}

// A schedule in which the target of key(0) is up and that of key(1) down.
Schedule settled() {
  Schedule schedule{Limits{}};
  schedule.want(keys(2), {}, kNow);
  schedule.start(kNow);
  schedule.finish(key(0), Passed{}, kNow);
  schedule.finish(key(1), kSilent, kNow);
  return schedule;
}

TEST(Schedule, StartsWhatIsUnknownAtOnce) {
  Schedule schedule{Limits{}};
  schedule.want(keys(2), {}, kNow);
  EXPECT_EQ(schedule.next_deadline(kNow), kNow);
  EXPECT_THAT(schedule.start(kNow), ElementsAre(key(0), key(1)));
  EXPECT_THAT(schedule.start(kNow), IsEmpty());
  EXPECT_EQ(schedule.running(), 2U);
  EXPECT_EQ(schedule.count(), (Count{2, 0, 0}));
}

TEST(Schedule, TellsOfAChangedVerdictAndOfNoOther) {
  Schedule schedule{Limits{}};
  schedule.want(keys(1), {}, kNow);
  schedule.start(kNow);
  EXPECT_TRUE(schedule.finish(key(0), Passed{}, kNow));
  EXPECT_EQ(schedule.count(), (Count{0, 1, 0}));
  const TimePoint turn = next_turn(key(0), kNow);
  EXPECT_THAT(schedule.start(turn - Microseconds(1)), IsEmpty());
  EXPECT_THAT(schedule.start(turn), ElementsAre(key(0)));
  EXPECT_FALSE(schedule.finish(key(0), kSilent, turn));
  const TimePoint retry = turn + Seconds(1);
  EXPECT_THAT(schedule.start(retry), ElementsAre(key(0)));
  EXPECT_TRUE(schedule.finish(key(0), kSilent, retry));
  EXPECT_EQ(schedule.count(), (Count{0, 0, 1}));
}

TEST(Schedule, AnOutcomeOfNothingThatRunsChangesNothing) {
  Schedule schedule = settled();
  const auto before = schedule.checks();
  EXPECT_FALSE(schedule.finish(key(0), kSilent, kNow));
  EXPECT_FALSE(schedule.finish(key(7), kSilent, kNow));
  EXPECT_EQ(schedule.checks(), before);
  EXPECT_EQ(schedule.running(), 0U);
}

// "a change never restarts unrelated checks".
TEST(Schedule, AChangeLeavesTheOthersAsTheyAre) {
  Schedule schedule = settled();
  const Check first = schedule.checks().at(key(0));
  schedule.want({key(0), key(5)}, {}, kNow + Seconds(1));
  EXPECT_EQ(schedule.checks().at(key(0)), first);
  EXPECT_EQ(schedule.count(), (Count{1, 1, 0}));
  EXPECT_THAT(schedule.start(kNow + Seconds(1)), ElementsAre(key(5)));
}

TEST(Schedule, ARunningCheckRunsOnOverAChange) {
  Schedule schedule{Limits{}};
  schedule.want(keys(2), {}, kNow);
  schedule.start(kNow);
  schedule.want({key(0)}, {}, kNow);
  EXPECT_EQ(schedule.running(), 1U);
  EXPECT_TRUE(schedule.finish(key(0), Passed{}, kNow));
  EXPECT_FALSE(schedule.finish(key(1), Passed{}, kNow));
  EXPECT_EQ(schedule.running(), 0U);
}

// "results are carried over from checkpoint or config change".
TEST(Schedule, OtherNumbersForATargetInheritItsResult) {
  Schedule schedule = settled();
  schedule.want({slower(0), slower(1)}, {}, kNow);
  EXPECT_EQ(schedule.checks().at(slower(0)), begun(slower(0), Verdict::kUp, kNow));
  EXPECT_EQ(schedule.checks().at(slower(1)), begun(slower(1), Verdict::kDown, kNow));
  EXPECT_EQ(schedule.count(), (Count{0, 1, 1}));
}

TEST(Schedule, OfTwoResultsOfATargetTheWorseIsInherited) {
  Schedule schedule = settled();
  schedule.want({key(0), slower(0)}, {}, kNow);
  const TimePoint turn = next_turn(slower(0), kNow);
  schedule.start(turn);
  schedule.finish(slower(0), kSilent, turn);
  schedule.start(turn + Seconds(1));
  schedule.finish(slower(0), kSilent, turn + Seconds(1));
  CheckKey third = key(0);
  third.interval = Seconds(30);
  schedule.want({key(0), slower(0), third}, {}, turn + Seconds(1));
  EXPECT_EQ(schedule.checks().at(slower(0)).verdict, Verdict::kDown);
  EXPECT_EQ(schedule.checks().at(third).verdict, Verdict::kDown);
}

// What the kernel's table says after a restart.
TEST(Schedule, ATargetThatServesNowIsUpUntilItsCheckSaysOtherwise) {
  Schedule schedule{Limits{}};
  schedule.want(keys(2), {key(0)}, kNow);
  EXPECT_EQ(schedule.checks().at(key(0)), begun(key(0), Verdict::kUp, kNow));
  EXPECT_EQ(schedule.checks().at(key(1)).verdict, Verdict::kUnknown);
}

TEST(Schedule, WhatIsKnownHereCountsMoreThanWhatServes) {
  Schedule schedule = settled();
  schedule.want({slower(1)}, {slower(1)}, kNow);
  EXPECT_EQ(schedule.checks().at(slower(1)).verdict, Verdict::kDown);
}

TEST(Schedule, HasNotHeardOfNewChecksOfNewTargetsAlone) {
  const Schedule schedule = settled();
  EXPECT_THAT(schedule.unheard_of({key(0), slower(0), key(5)}), ElementsAre(key(5)));
}

TEST(Schedule, ACheckThatReturnsIsNewAgain) {
  Schedule schedule = settled();
  schedule.want({}, {}, kNow);
  EXPECT_EQ(schedule.next_deadline(kNow), std::nullopt);
  schedule.want(keys(1), {}, kNow);
  EXPECT_EQ(schedule.checks().at(key(0)).verdict, Verdict::kUnknown);
}

// "global rate cap".
TEST(Schedule, StartsNoMoreInASecondThanItsLimit) {
  Schedule schedule{Limits{10, 3, 100}};
  schedule.want(keys(8), {}, kNow);
  EXPECT_THAT(schedule.start(kNow), SizeIs(3));
  EXPECT_EQ(schedule.overdue(kNow), 5U);
  EXPECT_EQ(schedule.next_deadline(kNow), kNow + Milliseconds(100));
  EXPECT_THAT(schedule.start(kNow + Milliseconds(99)), IsEmpty());
  EXPECT_THAT(schedule.start(kNow + Milliseconds(100)), SizeIs(1));
  EXPECT_THAT(schedule.start(kNow + Milliseconds(400)), SizeIs(3));
}

// "bounded number of sockets".
TEST(Schedule, RunsNoMoreAtOnceThanItsLimit) {
  Schedule schedule{Limits{1000, 100, 2}};
  schedule.want(keys(3), {}, kNow);
  EXPECT_THAT(schedule.start(kNow), SizeIs(2));
  EXPECT_EQ(schedule.next_deadline(kNow), std::nullopt);
  schedule.finish(key(0), kSilent, kNow);
  EXPECT_EQ(schedule.next_deadline(kNow), kNow);
  EXPECT_THAT(schedule.start(kNow), ElementsAre(key(2)));
}

TEST(Schedule, ThoseDueLongestStartFirst) {
  Schedule schedule{Limits{1000, 1, 100}};
  schedule.want({key(2)}, {}, kNow);
  schedule.want({key(1), key(2)}, {}, kNow + Microseconds(1));
  EXPECT_THAT(schedule.start(kNow + Seconds(1)), ElementsAre(key(2)));
}

// Whatever happens, every check has its turn again and again, and the books agree.
RC_GTEST_PROP(Schedule, LosesNoCheck, ()) {
  Schedule schedule{Limits{50, 5, 4}};
  TimePoint now = kNow;
  std::set<CheckKey> running;
  for (const int choice : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40))) {
    now += Milliseconds(choice * 50);
    if (choice < 10) {
      const auto wanted = keys(choice);
      schedule.want(wanted, {}, now);
      std::erase_if(running, [&](const CheckKey& one) { return !wanted.contains(one); });
    } else if (choice < 30) {
      for (const CheckKey& one : schedule.start(now)) RC_ASSERT(running.insert(one).second);
    } else if (!running.empty()) {
      const CheckKey one = *running.begin();
      running.erase(running.begin());
      const Outcome outcomes[] = {Passed{}, kSilent, NotTried{"x"}};
      schedule.finish(one, outcomes[choice % 3], now);
    }
    RC_ASSERT(schedule.running() == running.size());
    RC_ASSERT(running.size() <= 4U);
    std::size_t waiting = 0;
    for (const auto& [one, check] : schedule.checks()) {
      RC_ASSERT(running.contains(one) == !check.due.has_value());
      waiting += check.due ? 1 : 0;
    }
    RC_ASSERT(waiting == 0U || running.size() == 4U || schedule.next_deadline(now).has_value());
    const Count count = schedule.count();
    RC_ASSERT(count.unknown + count.up + count.down == schedule.checks().size());
  }
}

}  // namespace
}  // namespace fairlead::health
