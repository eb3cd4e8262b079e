#include <gtest/gtest.h>

#include "unit/node/vrrp/machine_builders.h"

// RFC 9568 6.4.2.
namespace fairlead::vrrp {
namespace {

using std::chrono::seconds;
using namespace testing;

// 6.4.2: "If a Shutdown event is received: cancel the Active_Down_Timer; transition to the {Initialize}
// state." VR-075: nothing is sent.
TEST(Backup, ShutdownEntersInitializeInSilence) {
  EXPECT_EQ(step(config(), backup_until(t0 + kSecond), Shutdown{}, t0),
            (Step{Initialize{}, {}, Reason::kShutdown}));
}

// 6.4.2: "If the Active_Down_Timer fires: send an ADVERTISEMENT; ... set the Adver_Timer to
// Advertisement_Interval; transition to the {Active} state." VR-076: the advert first.
TEST(Backup, ActiveDownTimerFiresThenAdvertisesThenHoldsAddresses) {
  const TimePoint now = t0 + kSecond;
  EXPECT_EQ(step(config(), backup_until(now), TimePassed{}, now),
            (Step{Active{now + kSecond, std::nullopt},
                  {SendAdvert{Priority(100)}, HoldAddresses{}},
                  Reason::kMasterDown}));
}

TEST(Backup, TimePassedBeforeTheDeadlineChangesNothing) {
  const Backup state = backup_until(t0 + kSecond);
  EXPECT_EQ(step(config(), state, TimePassed{}, t0 + kSecond - Microseconds(1)), unchanged(state));
}

// VR-051, VR-097: the advert timer runs with our own interval, whatever was learned.
TEST(Backup, BecomingActiveUsesTheOwnInterval) {
  const Backup state{t0, t0, Centiseconds(4095), Reason::kMasterDown};
  EXPECT_EQ(std::get<Active>(step(config(), state, TimePassed{}, t0).next).next_advert, t0 + kSecond);
}

// 6.4.2: "If the Priority in the ADVERTISEMENT is zero, then: set the Active_Down_Timer to Skew_Time."
// VR-077: from any accepted sender.
TEST(Backup, PriorityZeroAdvertSetsActiveDownTimerToSkewTime) {
  EXPECT_EQ(step(config(), backup_until(t0 + 3 * kSecond), advert(0, 100, "192.0.2.99"), t0 + kSecond),
            (Step{Backup{t0, t0 + kSecond + kSkew, std::nullopt, Reason::kRelinquished}, {}, std::nullopt}));
}

// Skew_Time follows the learned interval (6.1), not the one in the priority-0 advert.
TEST(Backup, PriorityZeroAdvertUsesTheLearnedInterval) {
  const Backup state{t0, t0 + 3 * kSecond, Centiseconds(50), Reason::kMasterDown};
  EXPECT_EQ(std::get<Backup>(step(config(), state, advert(0, 100, "192.0.2.99"), t0).next).active_down,
            t0 + Microseconds(304687));
}

TEST(Backup, TheTimerAfterPriorityZeroMeansRelinquished) {
  const Backup state{t0, t0 + kSkew, std::nullopt, Reason::kRelinquished};
  EXPECT_EQ(step(config(), state, TimePassed{}, t0 + kSkew).reason, Reason::kRelinquished);
}

// 6.4.2: "If the Preempt_Mode is False, or if the Priority in the ADVERTISEMENT is greater than or equal to
// the local Priority, then: set Active_Adver_Interval to the Max Advertise Interval in the ADVERTISEMENT;
// recompute Active_Down_Interval; reset the Active_Down_Timer." VR-078: learned first, then the timer.
TEST(Backup, HigherOrEqualPriorityLearnsTheIntervalAndResetsTheTimer) {
  for (const int priority : {100, 101, 255}) {
    const TimePoint now = t0 + kSecond;
    EXPECT_EQ(step(config(), backup_until(t0 + 3 * kSecond), advert(priority, 50, "192.0.2.1"), now),
              (Step{Backup{t0, now + Microseconds(1804687), Centiseconds(50), Reason::kMasterDown},
                    {},
                    std::nullopt}));
  }
}

// VR-080: equal priority never takes over, whoever has the greater address.
TEST(Backup, EqualPriorityOfALowerAddressIsNoReasonToTakeOver) {
  const auto next = step(config(), backup_until(t0 + kSecond), advert(100, 100, "0.0.0.1"), t0).next;
  EXPECT_EQ(std::get<Backup>(next).active_down, t0 + 3 * kSecond + kSkew);
}

// 6.4.2: "else // If Preempt_Mode is not False and the Priority is less: discard the ADVERTISEMENT."
// VR-079: the remaining time is unchanged.
TEST(Backup, LowerPriorityIsDiscardedWhenPreempting) {
  const Backup state = backup_until(t0 + 3 * kSecond);
  const auto next = step(config(), state, advert(99, 50, "192.0.2.1"), t0 + kSecond);
  const Backup passing{t0,           state.active_down, std::nullopt, Reason::kPreempted,
                       std::nullopt, Centiseconds(50)};
  EXPECT_EQ(next, (Step{passing, {}, std::nullopt}));
  EXPECT_EQ(step(config(), next.next, TimePassed{}, state.active_down).reason, Reason::kPreempted);
}

TEST(Backup, LowerPriorityResetsTheTimerWithoutPreemption) {
  RouterConfig stay = config();
  stay.preempt = false;
  const auto next = step(stay, backup_until(t0 + kSecond), advert(1, 100, "192.0.2.1"), t0).next;
  EXPECT_EQ(std::get<Backup>(next).active_down, t0 + 3 * kSecond + kSkew);
}

// vrrp.md 4: "preemptDelaySeconds starts when the group is in Backup and the node is warm; until it ends
// lower adverts reset the timer as with preempt: false."
TEST(Backup, PreemptDelayCountsFromTheLaterOfWarmAndBackup) {
  RouterConfig delayed = config();
  delayed.preempt_delay = 30 * kSecond;
  const AdvertReceived lower = advert(1, 100, "192.0.2.1");
  const Backup state = backup_until(t0 + 100 * kSecond);  // in Backup since t0
  const auto ignored = [&](TimePoint now) {
    return std::get<Backup>(step(delayed, state, lower, now).next).active_down == state.active_down;
  };
  EXPECT_FALSE(ignored(t0 + 90 * kSecond)) << "never warm";
  delayed.warm_since = t0 - 40 * kSecond;
  EXPECT_FALSE(ignored(t0 + 30 * kSecond - Microseconds(1)));
  EXPECT_TRUE(ignored(t0 + 30 * kSecond));
  delayed.warm_since = t0 + 10 * kSecond;
  EXPECT_FALSE(ignored(t0 + 40 * kSecond - Microseconds(1)));
  EXPECT_TRUE(ignored(t0 + 40 * kSecond));
}

// 6.1: "Preempt_Mode: ... the router that owns the addresses always preempts." VR-054.
TEST(Backup, TheOwnerAlwaysPreempts) {
  RouterConfig owner = with_priority(255);
  owner.preempt = false;
  const Backup state = backup_until(t0 + kSecond);
  const auto next = step(owner, state, advert(254, 100, "192.0.2.1"), t0).next;
  EXPECT_EQ(std::get<Backup>(next).active_down, state.active_down);
}

// FN-05: "initialize on down".
TEST(Backup, LosingTheInterfaceEntersInitialize) {
  EXPECT_EQ(step(config(), backup_until(t0), InterfaceLost{}, t0),
            (Step{Initialize{}, {}, Reason::kLinkDown}));
}

TEST(Backup, StartupFenceAndRefusedAddressesChangeNothing) {
  const Backup state = backup_until(t0 + kSecond);
  EXPECT_EQ(step(config(), state, Startup{}, t0), unchanged(state));
  EXPECT_EQ(step(config(), state, Resume{}, t0), unchanged(state));
  EXPECT_EQ(step(config(), state, FenceExpired{}, t0), unchanged(state));
  EXPECT_EQ(step(config(), state, AddressesRefused{}, t0), unchanged(state));
  EXPECT_EQ(step(config(), state, HandOver{}, t0), unchanged(state));
  EXPECT_EQ(step(config(), state, FenceFollowed{}, t0), unchanged(state));
  EXPECT_EQ(step(config(), state, AdvertUnsent{Milliseconds(1)}, t0), unchanged(state));
}

// vrrp.md 9.2: a change must not restart the timer; a new priority moves it by the difference of the skews.
TEST(Backup, AChangedPriorityMovesTheTimerByTheDifferenceOnly) {
  const Backup state = backup_until(t0 + 3 * kSecond + kSkew);
  const auto next = step(with_priority(200), state, Reconfigured{config()}, t0 + kSecond);
  EXPECT_EQ(next.next, State(backup_until(t0 + Microseconds(3218750))));
  EXPECT_TRUE(next.effects.empty());
}

// VR-051: a learned interval stays; only one not yet learned follows our own.
TEST(Backup, AChangedIntervalMovesTheTimerOnlyUntilOneWasLearned) {
  RouterConfig faster = config();
  faster.advertisement_interval = Centiseconds(50);
  const Backup fresh = backup_until(t0 + 3 * kSecond + kSkew);
  EXPECT_EQ(std::get<Backup>(step(faster, fresh, Reconfigured{config()}, t0).next).active_down,
            t0 + Microseconds(1804687));
  const Backup learned{t0, t0 + 3 * kSecond + kSkew, Centiseconds(100), Reason::kMasterDown};
  EXPECT_EQ(step(faster, learned, Reconfigured{config()}, t0), unchanged(learned));
}

// Who advertises at the longer interval still, since he has yet to take the plan, is to be heard first: all
// that he has by it is waited for, from our start on where nobody was heard.
TEST(Backup, AShorterIntervalTakesNothingOffTheWaitForAnActiveRouterThatHasTheLongerOne) {
  RouterConfig slow = config();
  slow.advertisement_interval = Centiseconds(400);
  const TimePoint full = t0 + 12 * kSecond + 4 * kSkew;
  const State started = step(slow, Initialize{}, Startup{}, t0).next;
  const State hastened = step(config(), started, Reconfigured{slow}, t0 + 4 * kSecond).next;
  EXPECT_EQ(next_deadline(hastened), full);
  EXPECT_EQ(step(config(), hastened, TimePassed{}, full - Microseconds(1)), unchanged(hastened));
  EXPECT_EQ(step(config(), hastened, TimePassed{}, full).reason, Reason::kMasterDown);
}

// A priority that changes with it counts, as it always does.
TEST(Backup, APriorityThatChangesWithTheIntervalMovesTheWaitByItsSkew) {
  RouterConfig slow = with_priority(200);
  slow.advertisement_interval = Centiseconds(400);
  const State state = backup_until(t0 + 12 * kSecond + Microseconds(875000));
  EXPECT_EQ(next_deadline(step(config(), state, Reconfigured{slow}, t0).next), t0 + 12 * kSecond + 4 * kSkew);
}

// Found by the simulation (seed 273742): it took over beside an Active Router that outranked it by then.
TEST(Backup, ALowerPriorityEndsPreemptionAndWaitsForTheOneThatWasPassedOver) {
  const RouterConfig strong = with_priority(200);
  const State passing = step(strong, backup_until(t0 + kSecond), advert(150, 300, "192.0.2.9"), t0).next;
  ASSERT_EQ(next_deadline(passing), t0 + kSecond) << "the timer runs on";
  const State weaker = step(config(), passing, Reconfigured{strong}, t0).next;
  const TimePoint silent = t0 + 9 * kSecond + 3 * kSkew;
  EXPECT_EQ(next_deadline(weaker), silent);
  EXPECT_EQ(step(config(), weaker, TimePassed{}, silent).reason, Reason::kMasterDown);
  const State stronger = step(with_priority(250), passing, Reconfigured{strong}, t0).next;
  EXPECT_EQ(step(with_priority(250), stronger, TimePassed{}, t0 + kSecond).reason, Reason::kPreempted);
}

// The same of one who may not preempt any more, or not yet.
TEST(Backup, WhoMayNotPreemptAnyMoreWaitsForTheOneThatWasPassedOver) {
  const RouterConfig before = with_priority(200);
  const State passing = step(before, backup_until(t0 + kSecond), advert(150, 300, "192.0.2.9"), t0).next;
  RouterConfig forbidden = before;
  forbidden.preempt = false;
  RouterConfig delayed = before;
  delayed.preempt_delay = Microseconds(60 * kSecond);
  const auto silent = t0 + active_down_interval(Version::k3, Priority(200), Centiseconds(300));
  for (const RouterConfig& config : {forbidden, delayed}) {
    const State waiting = step(config, passing, Reconfigured{before}, t0).next;
    EXPECT_EQ(next_deadline(waiting), silent);
    EXPECT_EQ(step(config, waiting, TimePassed{}, silent).reason, Reason::kMasterDown);
  }
  delayed.warm_since = t0 - 61 * kSecond;
  Backup long_since = std::get<Backup>(passing);
  long_since.since = t0 - 61 * kSecond;
  EXPECT_EQ(step(delayed, long_since, Reconfigured{before}, t0), unchanged(long_since))
      << "its time has come";
}

// What sets the timer has been heard by the plan in force; what lets it run on has not.
TEST(Backup, WhateverSetsTheTimerEndsTheWaitForTheLongerInterval) {
  RouterConfig slow = config();
  slow.advertisement_interval = Centiseconds(400);
  const State state = step(config(), backup_until(t0 + 13 * kSecond), Reconfigured{slow}, t0).next;
  const auto after = [&](const AdvertReceived& heard) {
    return next_deadline(step(config(), state, heard, t0 + kSecond).next);
  };
  EXPECT_EQ(after(advert(200, 100, "192.0.2.9")), t0 + 4 * kSecond + kSkew);
  EXPECT_EQ(after(advert(0, 100, "192.0.2.9")), t0 + kSecond + kSkew);
  EXPECT_EQ(after(advert(50, 100, "192.0.2.9")), t0 + 13 * kSecond);
  auto stranger = advert(200, 100, "192.0.2.9");
  stranger.stranger = true;
  EXPECT_EQ(after(stranger), t0 + 13 * kSecond);
}

// The longest that was in use counts, once.
TEST(Backup, IntervalsToAndFroDoNotAddUp) {
  RouterConfig slow = config();
  slow.advertisement_interval = Centiseconds(400);
  State state = backup_until(t0 + 3 * kSecond + kSkew);
  for (int i = 0; i < 5; ++i) {
    state = step(slow, state, Reconfigured{config()}, t0).next;
    EXPECT_EQ(next_deadline(state), t0 + 12 * kSecond + 4 * kSkew);
    state = step(config(), state, Reconfigured{slow}, t0).next;
    EXPECT_EQ(next_deadline(state), t0 + 12 * kSecond + 4 * kSkew);
    EXPECT_EQ(std::get<Backup>(state).active_down, t0 + 3 * kSecond + kSkew);
  }
}

// A lower advert after priority 0 leaves the timer at Skew_Time: an interval that then becomes shorter must
// not be taken off a span it never had.
TEST(Backup, AShorterIntervalDoesNotLetATimerRunOutThatLowerAdvertsLeftRunning) {
  RouterConfig slow = config();
  slow.advertisement_interval = Centiseconds(4000);
  State state = step(slow, backup_until(t0 + 120 * kSecond), advert(0, 4000, "192.0.2.9"), t0).next;
  state = step(slow, state, advert(50, 4000, "192.0.2.9"), t0).next;
  EXPECT_EQ(next_deadline(state), t0 + 40 * kSkew);
  RouterConfig fast = config();
  EXPECT_EQ(next_deadline(step(fast, state, Reconfigured{slow}, t0).next), t0 + kSkew);
  EXPECT_EQ(
      next_deadline(step(slow, step(fast, state, Reconfigured{slow}, t0).next, Reconfigured{fast}, t0).next),
      t0 + 40 * kSkew);
}

}  // namespace
}  // namespace fairlead::vrrp
