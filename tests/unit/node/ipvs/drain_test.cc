#include "node/ipvs/drain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// api.md, `drainSeconds`; datapath.md 1.11 and 10.6; issue F 5.
namespace fairlead::ipvs {
namespace {

constexpr TimePoint kNow{Seconds{10'000}};
constexpr Seconds kDrain{300};

net::Endpoint real(int host) { return *net::parse_endpoint("10.0.0." + std::to_string(host) + ":80"); }
Destination weight(std::uint32_t value) { return {Method::kMasquerade, Weight{value}, 0, 0}; }
SeenDestination seen(std::uint32_t value, const Connections& connections) {
  return {weight(value), connections};
}
const Connections kNone{};
const Connections kBusy{3, 0, 0};

// One real server that is not in the plan, in every position that it can be in.
struct Case {
  std::string name;
  std::optional<Drains> before;
  std::optional<SeenDestination> there;
  Removal removal;
  DrainStep after;
};

DrainStep stays(const TimePoint& until) { return {{{}, {{real(1), until}}}, {{real(1), weight(0)}}, {}}; }
DrainStep begins(const TimePoint& until) {
  return {{{}, {{real(1), until}}}, {{real(1), weight(0)}}, {real(1)}};
}
// Remembered until the deletion has succeeded.
DrainStep goes(const TimePoint& until) { return {{{}, {{real(1), until}}}, {}, {real(1)}}; }

const Drains kServing{{real(1)}, {}};
Drains leaving(const TimePoint& until) { return {{}, {{real(1), until}}}; }

TEST(Drain, OfOneThatIsNotOfThePlanAnyMore) {
  const TimePoint full = kNow + kDrain;
  const TimePoint later = kNow + Seconds(1);
  const Removal keep{kDrain, {}};
  const std::vector<Case> cases = {
      {"it served: weight 0, and the whole time", kServing, seen(5, kBusy), keep, begins(full)},
      {"it served, and seems idle: not before it had weight 0", kServing, seen(5, kNone), keep, begins(full)},
      {"it had weight 0 in the plan and is idle", kServing, seen(0, kNone), keep, goes(full)},
      {"it had weight 0 in the plan and connections", kServing, seen(0, kBusy), keep, begins(full)},
      {"it is leaving and busy", leaving(later), seen(0, kBusy), keep, stays(later)},
      {"TCP that closes, and UDP", leaving(later), seen(0, {0, 1, 0}), keep, stays(later)},
      {"clients that persist", leaving(later), seen(0, {0, 0, 1}), keep, stays(later)},
      {"it is leaving and idle", leaving(later), seen(0, kNone), keep, goes(later)},
      {"it is leaving, idle, and somebody gave it weight", leaving(later), seen(7, kNone), keep,
       stays(later)},
      {"its deadline", leaving(kNow), seen(0, kBusy), keep, goes(kNow)},
      {"past its deadline, with weight", leaving(kNow - Seconds(9)), seen(7, kBusy), keep,
       goes(kNow - Seconds(9))},
      {"no drain", kServing, seen(5, kBusy), {Seconds(0), {}}, goes(kNow)},
      {"a drain that was shortened", leaving(full), seen(0, kBusy), {Seconds(1), {}}, stays(later)},
      {"a drain that was lengthened", leaving(later), seen(0, kBusy), {Seconds(900), {}}, stays(later)},
      {"of an earlier run: the whole time", std::nullopt, seen(5, kBusy), keep, begins(full)},
      {"of an earlier run, drained", std::nullopt, seen(0, kNone), keep, goes(full)},
      {"somebody else's", Drains{}, seen(5, kBusy), keep, {}},
      {"onUnhealthy Remove", kServing, seen(5, kBusy), {kDrain, {real(1)}}, {{}, {}, {real(1)}}},
      {"onUnhealthy Remove of one that came back",
       leaving(later),
       seen(0, kBusy),
       {kDrain, {real(1)}},
       {{}, {}, {real(1)}}},
      {"a dump lacks it", leaving(later), std::nullopt, keep, {leaving(later), {}, {}}},
      {"a dump lacks it just as it leaves", kServing, std::nullopt, keep, {leaving(full), {}, {}}},
      {"it is gone, and its deadline has come", leaving(kNow), std::nullopt, keep, {}},
  };
  for (const Case& one : cases) {
    SeenDestinations there;
    if (one.there) there.emplace(real(1), *one.there);
    EXPECT_EQ(drain(one.before, there, {}, one.removal, kNow), one.after) << one.name;
  }
}

TEST(Drain, OneThatCameBackIsSimplyBack) {
  const DrainStep step =
      drain(leaving(kNow + Seconds(1)), {{real(1), seen(0, kBusy)}}, {{real(1), weight(5)}}, {}, kNow);
  EXPECT_EQ(step, (DrainStep{kServing, {}, {}}));
}

// Also where its time was over, and where the kernel refuses to have it.
TEST(Drain, WhatThePlanHasNeverLeaves) {
  for (const auto& before :
       {std::optional<Drains>(), std::optional(kServing), std::optional(leaving(kNow))}) {
    EXPECT_EQ(drain(before, {}, {{real(1), weight(0)}}, {Seconds(0), {}}, kNow),
              (DrainStep{kServing, {}, {}}));
  }
}

TEST(Drain, EachHasATimeOfItsOwn) {
  const Drains before{{real(2), real(3)}, {{real(1), kNow + Seconds(5)}}};
  const SeenDestinations there{
      {real(1), seen(0, kBusy)}, {real(2), seen(4, kBusy)}, {real(3), seen(4, kBusy)}};
  const DrainStep step = drain(before, there, {{real(3), weight(4)}}, {kDrain, {}}, kNow);
  EXPECT_EQ(step.drains, (Drains{{real(3)}, {{real(1), kNow + Seconds(5)}, {real(2), kNow + kDrain}}}));
  EXPECT_EQ(step.staying, (Destinations{{real(1), weight(0)}, {real(2), weight(0)}}));
  EXPECT_EQ(step.departing, (std::set{real(2)}));
}

// Or else it would be set again and again.
TEST(Drain, OneThatStaysKeepsMethodAndLimits) {
  const Destination odd{Method::kLocal, Weight{2}, 9, 4};
  const DrainStep step = drain(kServing, {{real(1), {odd, kBusy}}}, {}, {kDrain, {}}, kNow);
  EXPECT_EQ(step.staying, (Destinations{{real(1), {Method::kLocal, Weight{0}, 9, 4}}}));
  EXPECT_TRUE(fits(step.staying.at(real(1)), step.staying.at(real(1))));
}

TEST(IsDue, OnceADeadlineHasCome) {
  EXPECT_FALSE(is_due(kServing, kNow));
  EXPECT_FALSE(is_due(leaving(kNow + Microseconds(1)), kNow));
  EXPECT_TRUE(is_due(leaving(kNow), kNow));
}

}  // namespace
}  // namespace fairlead::ipvs
