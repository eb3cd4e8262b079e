#include <gtest/gtest.h>

#include "unit/node/vrrp/machine_builders.h"

// RFC 9568 6.4.3.
namespace fairlead::vrrp {
namespace {

using std::chrono::seconds;
using namespace testing;

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

// With another router's that is due: by no more than is asked for, and no interval is longer than it is told.
TEST(Active, AnAdvertBeforeItsTimeAdvancesTheOnesAfterIt) {
  const TimePoint now = t0 + kSecond - Milliseconds(1);
  EXPECT_EQ(
      step(config(), kActive, TimePassed{Milliseconds(1)}, now),
      (Step{
          Active{now + kSecond, std::nullopt}, {RenewAddresses{}, SendAdvert{Priority(100)}}, std::nullopt}));
  EXPECT_EQ(step(config(), kActive, TimePassed{Microseconds(999)}, now), unchanged(kActive));
  // The others of a turn took their time: the interval counts from when the turn began, as theirs does.
  const TimePoint later = now + Microseconds(300);
  EXPECT_EQ(next_deadline(step(config(), kActive, TimePassed{Milliseconds(1)}, later).next), now + kSecond);
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

}  // namespace
}  // namespace fairlead::vrrp
