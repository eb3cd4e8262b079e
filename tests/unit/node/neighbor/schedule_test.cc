#include "node/neighbor/schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

namespace fairlead::neighbor {
namespace {

const TimePoint t0{Seconds(1000)};
const Timing kDefault;

Timing timing(std::vector<Seconds> rounds, Seconds refresh) { return {std::move(rounds), refresh}; }

// When what is announced, if next_due() is obeyed.
std::vector<std::pair<Microseconds, std::size_t>> announced(const Timing& timing,
                                                            const std::vector<net::IpAddress>& held,
                                                            Seconds until) {
  std::vector<std::pair<Microseconds, std::size_t>> out;
  Schedule schedule = begin(timing, held.size(), t0);
  for (auto next = next_due(timing, schedule, held.size()); next && *next <= t0 + until;
       next = next_due(timing, schedule, held.size())) {
    const Due now = due(timing, schedule, held, *next);
    EXPECT_FALSE(now.next == schedule) << "it moves";
    schedule = now.next;
    out.emplace_back(*next - t0, now.addresses.size());
  }
  return out;
}

std::vector<net::IpAddress> addresses(int count) {
  std::vector<net::IpAddress> out;
  for (int i = 1; i <= count; ++i)
    out.push_back(net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i)}));
  return out;
}

// vrrp.md 7.2: rounds at 0, 1 and 5 s after promotion, all addresses each time.
TEST(Schedule, AnnouncesAllAddressesAfterZeroOneAndFiveSeconds) {
  const auto held = addresses(3);
  Schedule schedule = begin(kDefault, held.size(), t0);
  std::vector<Microseconds> rounds;
  for (TimePoint now = t0; now <= t0 + Seconds(10); now += Milliseconds(100)) {
    const Due round = due(kDefault, schedule, held, now);
    schedule = round.next;
    if (round.addresses == held) rounds.push_back(now - t0);
  }
  EXPECT_EQ(rounds, (std::vector<Microseconds>{Seconds(0), Seconds(1), Seconds(5)}));
}

// vrrp.md 7.4: then every 60 s each, spread evenly.
TEST(Schedule, RefreshesEachAddressEverySixtySecondsEvenlySpread) {
  const auto held = addresses(4);
  Schedule schedule = begin(kDefault, held.size(), t0);
  std::map<net::IpAddress, std::vector<Microseconds>> seen;
  std::optional<TimePoint> next = next_due(kDefault, schedule, held.size());
  while (next && *next <= t0 + Seconds(130)) {
    const TimePoint now = *next;
    const Due round = due(kDefault, schedule, held, now);
    schedule = round.next;
    if (now > t0 + Seconds(5)) {
      ASSERT_EQ(round.addresses.size(), 1U) << "one at a time";
      seen[round.addresses[0]].push_back(now - t0);
    }
    next = next_due(kDefault, schedule, held.size());
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
  const Due round = due(kDefault, begin(kDefault, 1, t0), held, t0 + Seconds(7));
  EXPECT_EQ(round.addresses, held);
  EXPECT_EQ(round.next.rounds_done, 3U);
  EXPECT_EQ(next_due(kDefault, round.next, 1), t0 + Seconds(67));
}

TEST(Schedule, NothingIsDueBeforeItsTimeOrWithoutAddresses) {
  const Schedule after_first = due(kDefault, begin(kDefault, 1, t0), addresses(1), t0).next;
  EXPECT_EQ(due(kDefault, after_first, addresses(1), t0 + Milliseconds(999)), (Due{after_first, {}}));
  const Schedule done = due(kDefault, begin(kDefault, 0, t0), {}, t0 + Seconds(5)).next;
  EXPECT_EQ(next_due(kDefault, done, 0), std::nullopt);
  EXPECT_TRUE(due(kDefault, done, {}, t0 + Seconds(500)).addresses.empty());
}

// api.md, announce: other rounds, another refresh or none.
TEST(Schedule, FollowsTheTimingOfTheGroup) {
  using List = std::vector<std::pair<Microseconds, std::size_t>>;
  const auto held = addresses(2);
  EXPECT_EQ(announced(timing({Seconds(0), Seconds(3)}, Seconds(10)), held, Seconds(15)),
            (List{{Seconds(0), 2}, {Seconds(3), 2}, {Seconds(8), 1}, {Seconds(13), 1}}));
  EXPECT_EQ(announced(timing({Seconds(2)}, Seconds(0)), held, Seconds(9999)), (List{{Seconds(2), 2}}));
  EXPECT_EQ(announced(timing({}, Seconds(10)), held, Seconds(12)), (List{{Seconds(5), 1}, {Seconds(10), 1}}));
  EXPECT_EQ(announced(timing({}, Seconds(0)), held, Seconds(9999)), List{});
}

TEST(Schedule, ATimingThatChangesBringsNoPassedRoundBack) {
  const auto held = addresses(1);
  const Due all = due(kDefault, begin(kDefault, 1, t0), held, t0 + Seconds(6));
  const Timing other = timing({Seconds(0), Seconds(1)}, Seconds(60));
  EXPECT_TRUE(due(other, all.next, held, t0 + Seconds(7)).addresses.empty());
  const Timing longer = timing({Seconds(0), Seconds(1), Seconds(5), Seconds(20)}, Seconds(60));
  EXPECT_EQ(next_due(longer, all.next, 1), t0 + Seconds(20));
  EXPECT_EQ(due(longer, all.next, held, t0 + Seconds(20)).addresses, held);
  const Timing none = timing({Seconds(0)}, Seconds(0));
  EXPECT_EQ(next_due(none, all.next, 1), std::nullopt);
  EXPECT_EQ(next_due(kDefault, all.next, 1), t0 + Seconds(66)) << "switched on again: where it was";
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
