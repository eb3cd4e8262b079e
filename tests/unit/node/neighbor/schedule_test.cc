#include "node/neighbor/schedule.h"

#include <gtest/gtest.h>

#include <map>

namespace fairlead::neighbor {
namespace {

const TimePoint t0{Seconds(1000)};

std::vector<net::IpAddress> addresses(int count) {
  std::vector<net::IpAddress> out;
  for (int i = 1; i <= count; ++i)
    out.push_back(net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i)}));
  return out;
}

// vrrp.md 7.2: rounds at 0, 1 and 5 s after promotion, all addresses each time.
TEST(Schedule, AnnouncesAllAddressesAfterZeroOneAndFiveSeconds) {
  const auto held = addresses(3);
  Schedule schedule{t0, 0, {}, 0, {}};
  std::vector<Microseconds> rounds;
  for (TimePoint now = t0; now <= t0 + Seconds(10); now += Milliseconds(100)) {
    const Due round = due(schedule, held, now);
    schedule = round.next;
    if (round.addresses == held) rounds.push_back(now - t0);
  }
  EXPECT_EQ(rounds, (std::vector<Microseconds>{Seconds(0), Seconds(1), Seconds(5)}));
}

// vrrp.md 7.4: then every 60 s each, spread evenly.
TEST(Schedule, RefreshesEachAddressEverySixtySecondsEvenlySpread) {
  const auto held = addresses(4);
  Schedule schedule{t0, 0, {}, 0, {}};
  std::map<net::IpAddress, std::vector<Microseconds>> seen;
  std::optional<TimePoint> next = next_due(schedule, held.size());
  while (next && *next <= t0 + Seconds(130)) {
    const TimePoint now = *next;
    const Due round = due(schedule, held, now);
    schedule = round.next;
    if (now > t0 + Seconds(5)) {
      ASSERT_EQ(round.addresses.size(), 1U) << "one at a time";
      seen[round.addresses[0]].push_back(now - t0);
    }
    next = next_due(schedule, held.size());
  }
  ASSERT_EQ(seen.size(), 4U);
  for (int i = 0; i < 4; ++i) {
    const Microseconds first = Seconds(20 + 15 * i);
    EXPECT_EQ(seen[held[static_cast<std::size_t>(i)]][0], first);
    EXPECT_EQ(seen[held[static_cast<std::size_t>(i)]][1], first + Seconds(60));
  }
}

TEST(Schedule, RoundsMissedByALateCallerAreOneRound) {
  const auto held = addresses(1);
  const Due round = due({t0, 0, {}, 0, {}}, held, t0 + Seconds(7));
  EXPECT_EQ(round.addresses, held);
  EXPECT_EQ(round.next.rounds_done, 3U);
  EXPECT_EQ(next_due(round.next, 1), t0 + Seconds(67));
}

TEST(Schedule, NothingIsDueBeforeItsTimeOrWithoutAddresses) {
  const Schedule after_first = due({t0, 0, {}, 0, {}}, addresses(1), t0).next;
  EXPECT_EQ(due(after_first, addresses(1), t0 + Milliseconds(999)), (Due{after_first, {}}));
  const Schedule done = due({t0, 0, {}, 0, {}}, {}, t0 + Seconds(5)).next;
  EXPECT_EQ(next_due(done, 0), std::nullopt);
  EXPECT_TRUE(due(done, {}, t0 + Seconds(500)).addresses.empty());
}

// vrrp.md 7.3: a rival heard costs one round, at most one per second.
TEST(Schedule, ARivalCausesAtMostOneRoundPerSecond) {
  const auto held = addresses(2);
  Schedule schedule{t0 - Seconds(10), 3, t0 + Seconds(60), 0, {}};
  int rounds = 0;
  for (int ms = 0; ms < 3000; ms += 50) {
    const Due round = repeat(schedule, held, t0 + Milliseconds(ms));
    schedule = round.next;
    if (!round.addresses.empty()) ++rounds;
  }
  EXPECT_EQ(rounds, 3);
  EXPECT_EQ(schedule.next_refresh, t0 + Seconds(60)) << "the refresh goes on as before";
}

// Whoever is displaced says one more word at once; the rounds of the promotion are enough for that.
TEST(Repeat, NotWithinASecondOfThePromotion) {
  const auto held = addresses(2);
  const Schedule schedule{t0, 1, {}, 0, {}};
  EXPECT_EQ(repeat(schedule, held, t0 + Milliseconds(999)), (Due{schedule, {}}));
  EXPECT_EQ(repeat(schedule, held, t0 + Seconds(1)).addresses, held);
}

// vrrp.md 7.5: burst 2000 frames, then 500 a second.
TEST(FrameBudget, GivesABurstThenFiveHundredASecond) {
  FrameBudget budget{FrameBudget::kBurst, t0};
  Grant grant = take(budget, 3000, t0);
  EXPECT_EQ(grant.frames, 2000);
  std::int64_t sent = 0;
  for (int ms = 1; ms <= 4000; ++ms) {
    grant = take(grant.next, 3000, t0 + Milliseconds(ms));
    sent += grant.frames;
  }
  EXPECT_EQ(sent, 2000);
}

TEST(FrameBudget, FillsUpToTheBurstAndNoFurther) {
  const Grant first = take(FrameBudget{FrameBudget::kBurst, t0}, 10, t0);
  EXPECT_EQ(take(first.next, 5000, t0 + Seconds(3600)).frames, 2000);
  EXPECT_EQ(take(first.next, 5000, t0 - Seconds(1)).frames, 1990) << "time that goes back earns nothing";
  EXPECT_EQ(take(first.next, -1, t0).frames, 0);
}

}  // namespace
}  // namespace fairlead::neighbor
