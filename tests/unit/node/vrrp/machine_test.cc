#include "node/vrrp/machine.h"

#include <gtest/gtest.h>

namespace fairlead::vrrp {
namespace {

using std::chrono::seconds;

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const TimePoint t0{Seconds(1000)};
const Microseconds kSecond{1000000};
const Microseconds kSkew{609375};  // priority 100, 1 s

RouterConfig config() {
  RouterConfig out;
  out.primary = ip("192.0.2.10");
  return out;
}
RouterConfig with_priority(int priority) {
  RouterConfig out = config();
  out.priority = Priority(static_cast<std::uint8_t>(priority));
  return out;
}
AdvertReceived advert(int priority, int centiseconds, std::string_view sender) {
  return {Priority(static_cast<std::uint8_t>(priority)), Centiseconds(centiseconds), ip(sender)};
}
Backup backup_until(TimePoint active_down) { return {t0, active_down, std::nullopt, Reason::kMasterDown}; }
const Active kActive{t0 + kSecond, std::nullopt};

Step unchanged(const State& state) { return {state, {}, std::nullopt}; }

// 6.4.1: "If the Priority associated with the virtual router is not 255: ... set the Active_Down_Timer to
// Active_Down_Interval; transition to the {Backup} state." VR-061.
TEST(Initialize, StartupEntersBackupWithAFullActiveDownInterval) {
  const Step expected{
      Backup{t0, t0 + 3 * kSecond + kSkew, std::nullopt, Reason::kMasterDown}, {}, Reason::kStartup};
  EXPECT_EQ(step(config(), Initialize{}, Startup{}, t0), expected);
}

// 6.4.1: "If the Priority ... is 255: send an ADVERTISEMENT; ... set the Adver_Timer; transition to the
// {Active} state." VR-060.
TEST(Initialize, StartupOfTheOwnerAdvertisesAndEntersActive) {
  const Step expected{
      Active{t0 + kSecond, std::nullopt}, {SendAdvert{kOwner}, HoldAddresses{}}, Reason::kStartup};
  EXPECT_EQ(step(with_priority(255), Initialize{}, Startup{}, t0), expected);
}

// FN-01: as a beat, renewal first; then as one that becomes Active.
TEST(Initialize, ResumingRenewsThenAdvertisesThenHoldsAddresses) {
  EXPECT_EQ(step(config(), Initialize{}, Resume{}, t0),
            (Step{Active{t0 + kSecond, std::nullopt},
                  {RenewAddresses{}, SendAdvert{Priority(100)}, HoldAddresses{}},
                  Reason::kResumed}));
}

// 6.4.1: nothing but Startup (and Resume) leads out of Initialize.
TEST(Initialize, AnythingElseChangesNothing) {
  for (const Event& event :
       {Event{Shutdown{}}, Event{TimePassed{}}, Event{InterfaceLost{}}, Event{FenceExpired{}},
        Event{AddressesRefused{}}, Event{HandOver{}}, Event{FenceFollowed{}},
        Event{AdvertUnsent{Milliseconds(1)}}, Event{Reconfigured{config()}},
        Event{advert(0, 100, "192.0.2.1")}, Event{advert(255, 100, "192.0.2.1")}}) {
    EXPECT_EQ(step(config(), Initialize{}, event, t0), unchanged(Initialize{}));
  }
}

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
  EXPECT_EQ(next, (Step{Backup{t0, state.active_down, std::nullopt, Reason::kPreempted}, {}, std::nullopt}));
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

// 6.4.3: "If a Shutdown event is received: cancel the Adver_Timer; send an ADVERTISEMENT with Priority = 0;
// transition to the {Initialize} state." VR-096, I-3: stricter, the addresses go first.
TEST(Active, ShutdownReleasesAddressesBeforePriorityZero) {
  EXPECT_EQ(step(config(), kActive, Shutdown{}, t0),
            (Step{Initialize{}, {ReleaseAddresses{}, SendAdvert{kRelinquish}}, Reason::kShutdown}));
}

// 6.4.3: "If the Adver_Timer fires: send an ADVERTISEMENT; reset the Adver_Timer." With the fence's renewal
// in front (failure-model.md 1.2).
TEST(Active, AdverTimerFiresRenewsThenAdvertises) {
  const TimePoint now = t0 + kSecond;
  EXPECT_EQ(step(config(), kActive, TimePassed{}, now), (Step{Active{now + kSecond, std::nullopt},
                                                              {RenewAddresses{}, SendAdvert{Priority(100)}},
                                                              std::nullopt}));
}

TEST(Active, TimePassedBeforeTheDeadlineChangesNothing) {
  EXPECT_EQ(step(config(), kActive, TimePassed{}, t0), unchanged(kActive));
}

// VR-097: an absolute schedule without drift, over a million beats each up to 5 ms late.
TEST(Active, LatenessDoesNotAddUp) {
  State state = kActive;
  for (int beat = 1; beat <= 1000000; ++beat) {
    const TimePoint due = t0 + beat * kSecond;
    ASSERT_EQ(next_deadline(state), due);
    state = step(config(), state, TimePassed{}, due + Microseconds(beat % 5000)).next;
  }
}

TEST(Active, AMissedBeatIsNotMadeUpForByABurst) {
  const TimePoint now = t0 + 5 * kSecond;
  EXPECT_EQ(next_deadline(step(config(), kActive, TimePassed{}, now).next), now + kSecond);
}

// 6.4.3: "If the Priority in the ADVERTISEMENT is zero: send an ADVERTISEMENT; reset the Adver_Timer to
// Advertisement_Interval." VR-098.
TEST(Active, PriorityZeroIsAnsweredAtOnceAndRearms) {
  const TimePoint now = t0 + kSecond / 2;
  EXPECT_EQ(step(config(), kActive, advert(0, 100, "192.0.2.99"), now),
            (Step{Active{now + kSecond, std::nullopt},
                  {RenewAddresses{}, SendAdvert{Priority(100)}, RepeatAnnouncement{}},
                  std::nullopt}));
}

// 6.4.3: "If the Priority in the ADVERTISEMENT is greater than the local Priority, or equal and the primary
// IPvX address of the sender is greater: cancel Adver_Timer; set Active_Adver_Interval; recompute; set
// Active_Down_Timer; transition to the {Backup} state." VR-099; Q4: addresses first, no priority 0. FN-11:
// one more advert, so that a winner who spoke first after a split hears that there was a rival.
TEST(Active, HigherPriorityMeansReleaseALastAdvertAndBackup) {
  EXPECT_EQ(step(config(), kActive, advert(101, 50, "192.0.2.1"), t0),
            (Step{Backup{t0, t0 + Microseconds(1804687), Centiseconds(50), Reason::kMasterDown},
                  {ReleaseAddresses{}, SendAdvert{Priority(100)}},
                  Reason::kHigherPriorityHeard}));
}

// VR-100: compared unsigned, in network byte order.
TEST(Active, EqualPriorityGoesToTheGreaterAddress) {
  RouterConfig low = config();
  low.primary = ip("10.0.0.255");
  EXPECT_TRUE(std::holds_alternative<Backup>(step(low, kActive, advert(100, 100, "10.0.1.0"), t0).next));
  RouterConfig high = config();
  high.primary = ip("10.0.1.0");
  EXPECT_TRUE(std::holds_alternative<Active>(step(high, kActive, advert(100, 100, "10.0.0.255"), t0).next));
  EXPECT_TRUE(std::holds_alternative<Backup>(step(high, kActive, advert(100, 100, "200.0.0.1"), t0).next));
}

// 6.4.3: "else: discard the ADVERTISEMENT; send an ADVERTISEMENT immediately to assert the Active state."
// VR-101; the Adver_Timer is not named there, and runs on.
TEST(Active, LowerPriorityIsAnsweredAtOnce) {
  const TimePoint now = t0 + kSecond / 2;
  EXPECT_EQ(step(config(), kActive, advert(99, 100, "192.0.2.99"), now),
            (Step{Active{kActive.next_advert, now},
                  {RenewAddresses{}, SendAdvert{Priority(100)}, RepeatAnnouncement{}},
                  std::nullopt}));
}

// VR-101, our limit: one answer per quarter interval, against ping-pong.
TEST(Active, ABurstOfLowerAdvertsIsAnsweredOncePerQuarterInterval) {
  State state = kActive;
  int answers = 0;
  for (int ms = 0; ms < 1000; ++ms) {
    const auto next = step(config(), state, advert(1, 100, "192.0.2.1"), t0 + Milliseconds(ms));
    if (!next.effects.empty()) ++answers;
    state = next.next;
  }
  EXPECT_EQ(answers, 4);
}

// VR-102: "Preempt_Mode plays no part while Active."
TEST(Active, HigherPriorityWinsWithoutPreemptionToo) {
  RouterConfig stay = config();
  stay.preempt = false;
  EXPECT_TRUE(std::holds_alternative<Backup>(step(stay, kActive, advert(101, 100, "192.0.2.1"), t0).next));
}

// failure-model.md 1.2: "no advert any more, drop the VIPs at once, be backup, listen ADI."
TEST(Active, AnExpiredFenceMeansReleaseAndAFullInterval) {
  EXPECT_EQ(step(config(), kActive, FenceExpired{}, t0),
            (Step{Backup{t0, t0 + 3 * kSecond + kSkew, std::nullopt, Reason::kMasterDown},
                  {ReleaseAddresses{}},
                  Reason::kFenceExpired}));
}

// One advert more; the others come when they would have.
TEST(Active, AFenceThatFollowedMeansAnAdvertAtOnce) {
  EXPECT_EQ(step(config(), kActive, FenceFollowed{}, t0),
            (Step{kActive, {RenewAddresses{}, SendAdvert{config().priority}}, std::nullopt}));
}

// The others have not heard of a longer interval, and wait by the one before; a shorter one is kept.
TEST(Active, AnAdvertThatNeverLeftIsFollowedWithinTheIntervalThatWasTold) {
  EXPECT_EQ(step(config(), kActive, AdvertUnsent{Milliseconds(250)}, t0),
            unchanged(Active{t0 + Milliseconds(250), std::nullopt}));
  EXPECT_EQ(step(config(), kActive, AdvertUnsent{Seconds(2)}, t0), unchanged(kActive));
}

// I-4: who holds nothing is no master; as on Shutdown the others are invited once the kernel says it is gone.
TEST(Active, RefusedAddressesMeanReleasePriorityZeroAndInitialize) {
  EXPECT_EQ(step(config(), kActive, AddressesRefused{}, t0),
            (Step{Initialize{}, {ReleaseAddresses{}, SendAdvert{kRelinquish}}, Reason::kAddressesRefused}));
}

// FN-06: as on Shutdown, but it stays a candidate: should nobody else come forward, it is Active again.
TEST(Active, HandingOverMeansReleasePriorityZeroAndBackupWithAFullActiveDownInterval) {
  EXPECT_EQ(step(config(), kActive, HandOver{}, t0),
            (Step{Backup{t0, t0 + 3 * kSecond + kSkew, std::nullopt, Reason::kMasterDown},
                  {ReleaseAddresses{}, SendAdvert{kRelinquish}},
                  Reason::kHandedOver}));
}

TEST(Shutdown, KeepsTheReasonItCameWith) {
  EXPECT_EQ(
      step(config(), kActive, Shutdown{Reason::kTrackedInterfaceDown}, t0),
      (Step{Initialize{}, {ReleaseAddresses{}, SendAdvert{kRelinquish}}, Reason::kTrackedInterfaceDown}));
  EXPECT_EQ(step(config(), backup_until(t0 + kSecond), Shutdown{Reason::kTrackedInterfaceDown}, t0),
            (Step{Initialize{}, {}, Reason::kTrackedInterfaceDown}));
}

// FN-05: "initialize on down, no adverts".
TEST(Active, LosingTheInterfaceReleasesWithoutAnAdvert) {
  EXPECT_EQ(step(config(), kActive, InterfaceLost{}, t0),
            (Step{Initialize{}, {ReleaseAddresses{}}, Reason::kLinkDown}));
}

TEST(Active, StartupChangesNothing) {
  EXPECT_EQ(step(config(), kActive, Startup{}, t0), unchanged(kActive));
  EXPECT_EQ(step(config(), kActive, Resume{}, t0), unchanged(kActive));
}

// 6.4.3: the others' Active_Down_Interval is made of the interval our last advert told.
TEST(Active, ALongerIntervalIsToldBeforeItIsWaitedFor) {
  RouterConfig slower = config();
  slower.advertisement_interval = Centiseconds(400);
  EXPECT_EQ(step(slower, kActive, Reconfigured{config()}, t0), unchanged(kActive));
  EXPECT_EQ(next_deadline(step(slower, kActive, TimePassed{}, t0 + kSecond).next), t0 + 5 * kSecond);
}

// Lesson 9.2 and Q10: only a shorter interval moves the advert timer.
TEST(Active, OnlyAShorterIntervalMovesTheAdverTimer) {
  EXPECT_EQ(step(with_priority(200), kActive, Reconfigured{config()}, t0), unchanged(kActive));
  RouterConfig faster = config();
  faster.advertisement_interval = Centiseconds(25);
  EXPECT_EQ(next_deadline(step(faster, kActive, Reconfigured{config()}, t0).next), t0 + kSecond / 4);
}

TEST(Deadline, IsTheTimerOfTheState) {
  EXPECT_EQ(next_deadline(Initialize{}), std::nullopt);
  EXPECT_EQ(next_deadline(backup_until(t0)), t0);
  EXPECT_EQ(next_deadline(kActive), t0 + kSecond);
}

}  // namespace
}  // namespace fairlead::vrrp
