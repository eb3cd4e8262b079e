#include "node/address/fence.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace fairlead::address {
namespace {

Microseconds ms(std::int64_t value) { return Milliseconds(value); }

// vrrp.md 8 and failure-model.md 1.2: L = max(floor(a) + 1, floor(ADI_min - 1.1 s)).
TEST(FenceLifetime, MatchesTheTablesOfTheReferences) {
  const struct {
    std::int64_t a, adi_min, lifetime;
  } rows[] = {
      {10, 30, 1},     {100, 301, 1},      {100, 322, 1},      {250, 804, 1},   {300, 902, 1},
      {500, 1504, 1},  {700, 2250, 1},     {1000, 3008, 1},    {1000, 3218, 2}, {2000, 6016, 4},
      {2000, 6437, 5}, {10000, 30080, 28}, {10000, 32190, 31},
  };
  for (const auto& row : rows) {
    const Seconds expected(std::max<std::int64_t>(row.lifetime, row.a / 1000 + 1));
    EXPECT_EQ(fence_lifetime(ms(row.a), ms(row.adi_min), {}), expected) << row.a << " " << row.adi_min;
  }
}

// `fenceLifetime` may raise L up to floor(ADI_min), and never lowers it.
TEST(FenceLifetime, AWishRaisesItUpToAdiMin) {
  EXPECT_EQ(fence_lifetime(ms(1000), ms(3218), Seconds(3)), Seconds(3));
  EXPECT_EQ(fence_lifetime(ms(1000), ms(3218), Seconds(9)), Seconds(3));
  EXPECT_EQ(fence_lifetime(ms(1000), ms(3218), Seconds(1)), Seconds(2));
  EXPECT_EQ(fence_lifetime(ms(250), ms(804), Seconds(5)), Seconds(1));
}

// What a wish may be is told to people: node/plan says FenceLifetimeOutOfRange.
TEST(FenceLifetime, TheRangeIsWhatAWishMayAskFor) {
  EXPECT_EQ(lifetime_range(ms(1000), ms(3218)), (LifetimeRange{Seconds(2), Seconds(3)}));
  EXPECT_EQ(lifetime_range(ms(10000), ms(32190)), (LifetimeRange{Seconds(31), Seconds(32)}));
  EXPECT_EQ(lifetime_range(ms(250), ms(804)), (LifetimeRange{Seconds(1), Seconds(1)}));  // no choice
  EXPECT_EQ(lifetime_range(ms(10), ms(30)), (LifetimeRange{Seconds(1), Seconds(1)}));
}

TEST(FenceLifetime, AWishWithinTheRangeIsTakenAndAnyOtherIsMovedToItsEnd) {
  EXPECT_TRUE(rc::check([] {
    const auto a = ms(10 * *rc::gen::inRange<std::int64_t>(1, 4096));
    const auto adi = 3 * a + a * *rc::gen::inRange<std::int64_t>(2, 256) / 256;
    const Seconds wanted(*rc::gen::inRange<std::int64_t>(1, 3601));
    const auto range = lifetime_range(a, adi);
    const Seconds lifetime = fence_lifetime(a, adi, wanted);
    RC_ASSERT(range.least == fence_lifetime(a, adi, {}));
    RC_ASSERT(lifetime >= range.least && lifetime <= range.most);
    RC_ASSERT(lifetime == wanted || lifetime == (wanted < range.least ? range.least : range.most));
  }));
}

// A lifetime always outlives the interval between two renewals.
TEST(FenceLifetime, IsLongerThanTheAdvertInterval) {
  EXPECT_TRUE(rc::check([] {
    const auto a = ms(10 * *rc::gen::inRange<std::int64_t>(1, 4096));
    const auto adi = 3 * a + a * *rc::gen::inRange<std::int64_t>(2, 256) / 256;
    RC_ASSERT(fence_lifetime(a, adi, {}) > a);
    RC_ASSERT(fence_lifetime(a, adi, {}) <= std::max<Microseconds>(adi, a + Seconds(1)));
  }));
}

// failure-model.md 10.2: below ADI_min of any other member, above the advert interval.
TEST(SilentAfter, LeavesTheKernelItsTicksBeforeAdiMin) {
  EXPECT_EQ(silent_after(ms(1000), Microseconds(3218750)), Milliseconds(3198));
  EXPECT_EQ(silent_after(ms(250), Microseconds(804687)), Milliseconds(784));
  EXPECT_EQ(silent_after(ms(100), Microseconds(321875)), Milliseconds(301));
  EXPECT_EQ(silent_after(ms(100), Microseconds(300781)), Milliseconds(280));
}

// Half of what ADI_min has above two beats, where 20 ms are more than that.
TEST(SilentAfter, OfFastAdvertsIsAboveTwoBeats) {
  EXPECT_EQ(silent_after(ms(10), Microseconds(32187)), Milliseconds(26));
  EXPECT_EQ(silent_after(ms(10), Microseconds(30078)), Milliseconds(25));
}

// A daemon that still may send is never silenced, and a rival never takes over from one that is heard.
TEST(SilentAfter, ComesAfterTheDaemonHasGivenUpAndBeforeARivalTakesOver) {
  EXPECT_TRUE(rc::check([] {
    const auto a = ms(10 * *rc::gen::inRange<std::int64_t>(1, 4096));
    const auto adi = 3 * a + a * *rc::gen::inRange<std::int64_t>(2, 256) / 256;
    RC_ASSERT(judge(silent_after(a, adi), a, adi) == FenceVerdict::kGiveUp);
    RC_ASSERT(silent_after(a, adi) < adi);
  }));
}

TEST(FenceOverlap, IsWhatTheKernelMayBeLateBeyondAdiMin) {
  EXPECT_EQ(fence_overlap(Seconds(2), ms(3218)), Microseconds(0));
  EXPECT_EQ(fence_overlap(Seconds(2), ms(3008)), ms(92));
  EXPECT_EQ(fence_overlap(Seconds(1), ms(804)), ms(1296));
  EXPECT_EQ(fence_overlap(Seconds(1), ms(30)), ms(2070));
}

// Where the finer fence has the time of slower adverts; of its own there is none but for the fastest, whose
// time is not all ADI_min less the kernel's ticks.
TEST(FenceOverlap, OfTheFinerFenceIsItsTimeAndTheTicksBeyondAdiMin) {
  EXPECT_EQ(finer_fence_overlap(silent_after(ms(250), ms(853)), ms(853)), Microseconds(0));
  EXPECT_EQ(finer_fence_overlap(silent_after(ms(1000), ms(3414)), ms(853)), ms(2561));
}

// Until the table has followed a plan that makes a rival stronger: what the Skew_Times differ by, and that is
// less than an interval.
TEST(FenceOverlap, OfTheFinerFenceWithARivalWhoBecameStrongerIsLessThanAnInterval) {
  EXPECT_EQ(finer_fence_overlap(silent_after(ms(250), Microseconds(902343)), Microseconds(804687)),
            Microseconds(97313))
      << "250 ms, 100 before and 200 now";
  EXPECT_EQ(finer_fence_overlap(silent_after(ms(2000), Microseconds(6414062)), Microseconds(3414062)),
            Microseconds(2999938))
      << "version 2, of 150, with 2 s before and 1 s now";
  EXPECT_TRUE(rc::check([] {
    const auto a = ms(10 * *rc::gen::inRange<std::int64_t>(1, 4096));
    const auto weaker = *rc::gen::inRange<std::int64_t>(1, 255);
    const auto stronger = *rc::gen::inRange<std::int64_t>(weaker, 255);
    const auto adi = [&](std::int64_t priority) { return 3 * a + a * (256 - priority) / 256; };
    RC_ASSERT(finer_fence_overlap(silent_after(a, adi(weaker)), adi(stronger)) <
              std::max<Microseconds>(a, ms(20)));
  }));
}

// failure-model.md 1.2: "G up to a: go on. Above a: first drain received packets. G >= ADI_min - 0.1 s:
// no advert any more, drop the VIPs at once."
TEST(FenceVerdict, FollowsTheGap) {
  const auto verdict = [](std::int64_t gap) { return judge(Microseconds(gap), ms(1000), ms(3218)); };
  EXPECT_EQ(verdict(0), FenceVerdict::kGoOn);
  EXPECT_EQ(verdict(1000000), FenceVerdict::kGoOn);
  EXPECT_EQ(verdict(1000001), FenceVerdict::kDrainFirst);
  EXPECT_EQ(verdict(3117999), FenceVerdict::kDrainFirst);
  EXPECT_EQ(verdict(3118000), FenceVerdict::kGiveUp);
}

TEST(FenceVerdict, AtThePoolDefaultGivesUpAfterSevenTenthsOfASecond) {
  EXPECT_EQ(judge(ms(703), ms(250), ms(804)), FenceVerdict::kDrainFirst);
  EXPECT_EQ(judge(ms(704), ms(250), ms(804)), FenceVerdict::kGiveUp);
}

// At 10 ms adverts ADI_min - 0.1 s is negative; one lost beat must not end every turn.
TEST(FenceVerdict, AllowsOneLostBeatHoweverFastTheAdverts) {
  EXPECT_EQ(judge(ms(10), ms(10), ms(30)), FenceVerdict::kGoOn);
  EXPECT_EQ(judge(ms(19), ms(10), ms(30)), FenceVerdict::kDrainFirst);
  EXPECT_EQ(judge(ms(20), ms(10), ms(30)), FenceVerdict::kGiveUp);
}

// Architecture 3: a renewal is skipped while the group's last one is younger than 200 ms.
TEST(Renewal, IsSkippedWhileTheLastOneIsYoungerThan200Milliseconds) {
  const TimePoint t0{Seconds(1000)};
  EXPECT_TRUE(renewal_due(std::nullopt, t0));
  EXPECT_FALSE(renewal_due(t0, t0 + ms(199)));
  EXPECT_TRUE(renewal_due(t0, t0 + ms(200)));
}

}  // namespace
}  // namespace fairlead::address
