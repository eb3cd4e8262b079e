#include "node/agent/virtual_router_timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "support/vrrp_thread.h"

// Which of many groups goes first when several are due in one turn of the vrrp thread.
namespace fairlead::agent {
namespace {

// Number 0 to 99, VRID 1 to 100, 100 ms: ADI_min 341.4 ms, so that a gap of 241.4 ms ends the role.
plan::GroupPlan numbered(int number, int priority, int centiseconds = 10) {
  auto out = test::with_interval(group_plan(), centiseconds);
  out.name = "g" + std::to_string(100 + number);
  out.version.uid = "uid-" + out.name;
  out.virtual_router_id = vrrp::VirtualRouterId(static_cast<std::uint8_t>(1 + number));
  out.priority = vrrp::Priority(static_cast<std::uint8_t>(priority));
  out.addresses = {ip("192.0.2." + std::to_string(100 + number))};
  return out;
}

void start(VrrpThread& thread, const std::vector<plan::GroupPlan>& groups) {
  std::set<net::IpAddress> all;
  for (const auto& group : groups) all.insert(group.addresses.begin(), group.addresses.end());
  thread.order(groups);
  thread.ready(all);
}

int masters(const VrrpThread& thread) {
  int out = 0;
  for (const auto& [name, group] : thread.reports.back().groups) {
    out += group.state == api::MemberState::kMaster ? 1 : 0;
  }
  return out;
}

// A thousand IPv6 addresses take the kernel longer than 241 ms: the first groups must not be Backup again
// before the last are Active.
TEST(Timers, OfManyTakeOversInOneTurnNoneKeepsTheBeatsOfTheOthersFromLeaving) {
  constexpr int kGroups = 20;
  VrrpThread thread;
  std::vector<plan::GroupPlan> groups;
  for (int number = 0; number < kGroups; ++number) groups.push_back(numbered(number, 200));
  std::set<std::string> known;
  thread.world.after_hold = [&] {
    // To add an address takes time, to renew it none.
    if (known.insert(thread.world.journal.back()).second) thread.world.now += Milliseconds(25);
  };
  start(thread, groups);
  thread.world.pass(Milliseconds(1200));
  EXPECT_EQ(masters(thread), kGroups);
  EXPECT_EQ(thread.lines("release "), Journal());
}

TEST(Timers, ABeatGoesBeforeATakeOverThatIsDueInTheSameTurn) {
  VrrpThread thread;
  const auto active = numbered(9, 200);
  start(thread, {active});
  thread.world.pass(Milliseconds(350));
  EXPECT_EQ(masters(thread), 1);
  start(thread, {numbered(1, 200), active});
  thread.world.pass(Milliseconds(300));  // of 321.8
  (void)thread.world.take_journal();
  thread.world.freeze(Milliseconds(120));
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 10 priority 200", "advert 2 priority 200"}));
}

TEST(Timers, OfTwoTakeOversInOneTurnTheOneThatWasDueFirstGoesFirst) {
  VrrpThread thread;
  start(thread, {numbered(1, 100), numbered(2, 200)});  // after 360.9 and 321.8 ms
  thread.world.freeze(Milliseconds(380));
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 3 priority 200", "advert 2 priority 100"}));
}

// Two groups that became Active so long one after the other, and when each of their adverts leaves from then
// on.
std::vector<TimePoint> beats_of_two(Microseconds apart, int interval_cs) {
  VrrpThread thread;
  bool first = true;
  thread.world.after_hold = [&] {
    if (std::exchange(first, false)) thread.world.now += apart;
  };
  start(thread, {test::with_interval(numbered(1, 200), interval_cs),
                 test::with_interval(numbered(2, 200), interval_cs)});
  while (masters(thread) < 2) thread.world.pass(Milliseconds(1));
  std::vector<TimePoint> out;
  thread.world.before_send = [&] { out.push_back(thread.world.now); };
  thread.world.pass(3 * Milliseconds(10 * interval_cs));
  return out;
}

TEST(Timers, AnAdvertLeavesWithOneThatIsDueAMomentEarlierAndTheIntervalStaysWhatItIs) {
  const auto beats = beats_of_two(Microseconds(700), 10);
  ASSERT_EQ(beats.size(), 6U);
  for (std::size_t i = 0; i < beats.size(); ++i) {
    EXPECT_EQ(beats[i], beats[0] + (i / 2) * Milliseconds(100)) << i;
  }
}

TEST(Timers, NoMoreThan32LeaveBeforeTheirTimeInOneTurn) {
  constexpr int kGroups = 40;
  VrrpThread thread;
  std::vector<plan::GroupPlan> groups;
  for (int number = 0; number < kGroups; ++number) groups.push_back(numbered(number, 200));
  int held = 0;
  thread.world.after_hold = [&] {
    if (++held <= kGroups) thread.world.now += Microseconds(10);
  };
  start(thread, groups);
  while (masters(thread) < kGroups) thread.world.pass(Milliseconds(1));
  std::vector<TimePoint> beats;
  thread.world.before_send = [&] { beats.push_back(thread.world.now); };
  thread.world.pass(Milliseconds(101));
  ASSERT_EQ(beats.size(), std::size_t{kGroups});
  EXPECT_EQ(std::count(beats.begin(), beats.end(), beats[0]), 33);
  EXPECT_EQ(beats[33], beats[0] + Microseconds(330));
}

TEST(Timers, AnAdvertDueMoreThanAMillisecondLaterLeavesAtItsOwnTime) {
  const auto beats = beats_of_two(Microseconds(1500), 10);
  ASSERT_GE(beats.size(), 4U);
  EXPECT_EQ(beats[1], beats[0] + Microseconds(1500));
  EXPECT_EQ(beats[3], beats[2] + Microseconds(1500));
}

TEST(Timers, AFastAdvertLeavesNoMoreThanAHundredthOfItsIntervalEarly) {
  const auto beats = beats_of_two(Microseconds(700), 1);
  ASSERT_GE(beats.size(), 4U);
  EXPECT_EQ(beats[1], beats[0] + Microseconds(700));
  EXPECT_EQ(beats[3], beats[2] + Microseconds(700));
}

// Two groups that become Active in one moment, 200 ms before they renew for the first time, which they do
// with their second advert from here on: what leaves with that, if each renewal takes so long.
Journal second_beats(Microseconds renewal, int centiseconds = 10) {
  VrrpThread thread;
  start(thread, {numbered(1, 200, centiseconds), numbered(2, 200, centiseconds)});
  while (masters(thread) < 2) thread.world.pass(Milliseconds(1));
  thread.world.pass(Milliseconds(15 * centiseconds));
  (void)thread.world.take_journal();
  thread.world.after_hold = [&] { thread.world.now += renewal; };
  thread.world.pass(Milliseconds(6 * centiseconds));
  return thread.filtered(
      [](const std::string& line) { return line.starts_with("hold ") || line.starts_with("advert "); });
}

// An advert wakes whoever hears it and sleeps: they leave one right behind the other.
TEST(Timers, WhatIsToBeRenewedIsRenewedBeforeTheAdvertsThatLeaveTogether) {
  EXPECT_EQ(second_beats(Microseconds(10)), Journal({"hold 192.0.2.101 1s on 2", "hold 192.0.2.102 1s on 2",
                                                     "advert 2 priority 200", "advert 3 priority 200"}));
}

// vrrp.md 8: where nothing but the lifetime ends what a dead node holds, and in time, a death between a
// renewal and its advert must cost no more than the moment that the advert takes.
TEST(Timers, WhereTheLifetimeAloneEndsItInTimeEachRenewalHasItsAdvertRightBehindIt) {
  EXPECT_EQ(second_beats(Microseconds(10), 100),
            Journal({"hold 192.0.2.101 2s on 2", "advert 2 priority 200", "hold 192.0.2.102 2s on 2",
                     "advert 3 priority 200"}));
}

TEST(Timers, AnAdvertWhoseRenewalIsDoneDoesNotWaitForOthersThatTakeLong) {
  EXPECT_EQ(second_beats(Milliseconds(2)), Journal({"hold 192.0.2.101 1s on 2", "advert 2 priority 200",
                                                    "hold 192.0.2.102 1s on 2", "advert 3 priority 200"}));
}

// Three groups whose adverts were due 300 us ago; before each leaves, so much time passes, and so much that
// only the other clock counts. How often the wire is read in that turn.
int reads_of_late_beats(Microseconds each, Microseconds suspend) {
  VrrpThread thread;
  start(thread, {numbered(1, 200), numbered(2, 200), numbered(3, 200)});
  while (masters(thread) < 3) thread.world.pass(Milliseconds(1));
  (void)thread.world.take_journal();
  while (thread.lines("advert ").empty()) thread.world.pass(Microseconds(100));
  (void)thread.world.take_journal();
  thread.world.pass(*thread.world.alarm - Microseconds(1) - thread.world.now);
  thread.world.before_send = [&] {
    thread.world.now += each;
    thread.world.suspended += suspend;
  };
  thread.world.reads = 0;
  thread.world.freeze(Microseconds(301));
  EXPECT_EQ(thread.lines("advert ").size(), 3U);
  return thread.world.reads;
}

// failure-model.md 1.2: once their time has come, one look for all that leave within a millisecond.
TEST(Timers, LateAdvertsLeaveByOneReadingOfTheWire) {
  EXPECT_EQ(reads_of_late_beats(Microseconds(20), Microseconds(0)), 1);
}

TEST(Timers, AReadingOfMoreThanAMillisecondAgoIsNone) {
  EXPECT_EQ(reads_of_late_beats(Microseconds(1001), Microseconds(0)), 3);
}

TEST(Timers, AReadingBeforeASuspendIsNone) {
  EXPECT_EQ(reads_of_late_beats(Microseconds(20), Milliseconds(10)), 3);
}

TEST(Timers, ATurnForAnythingElseDrawsNoAdvertForward) {
  VrrpThread thread;
  start(thread, {numbered(1, 200)});
  std::optional<TimePoint> last;
  thread.world.before_send = [&] { last = thread.world.now; };
  thread.world.pass(Milliseconds(600));
  ASSERT_TRUE(last);
  thread.world.pass(*last + Milliseconds(100) - Microseconds(500) - thread.world.now);
  (void)thread.world.take_journal();
  start(thread, {numbered(1, 200), numbered(2, 100)});
  EXPECT_EQ(thread.lines("advert "), Journal());
  thread.world.pass(Microseconds(500));
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 2 priority 200"}));
}

}  // namespace
}  // namespace fairlead::agent
