#include "node/agent/virtual_router_timers.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "support/vrrp_thread.h"

// Which of many groups goes first when several are due in one turn of the vrrp thread.
namespace fairlead::agent {
namespace {

// Number 0 to 99, VRID 1 to 100, 100 ms: ADI_min 341.4 ms, so that a gap of 241.4 ms ends the role.
plan::GroupPlan numbered(int number, int priority) {
  auto out = test::with_interval(group_plan(), 10);
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
