#include <gtest/gtest.h>

#include "node/vrrp/machine.h"

// Where RFC 3768 section 6.4 differs from RFC 9568, and where it does not. The rest: machine_test.cc.
namespace fairlead::vrrp {
namespace {

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const TimePoint t0{Seconds(1000)};
const Microseconds kSecond{1000000};
const Microseconds kSkew{609375};  // priority 100, whatever the interval

// Interval 3 s, so that a Skew_Time made of the interval would show.
RouterConfig config() {
  RouterConfig out;
  out.version = Version::k2;
  out.advertisement_interval = Centiseconds(300);
  out.primary = ip("192.0.2.10");
  return out;
}
AdvertReceived advert(int priority, int seconds, std::string_view sender) {
  return {Priority(static_cast<std::uint8_t>(priority)), Centiseconds(100 * seconds), ip(sender)};
}
Backup backup_until(TimePoint active_down) { return {t0, active_down, std::nullopt, Reason::kMasterDown}; }
const Active kActive{t0 + 3 * kSecond, std::nullopt};

// V2-07: "Master_Down_Interval: (3 * Advertisement_Interval) + Skew_time", Skew_Time in seconds.
TEST(InitializeVersion2, StartupWaitsThreeIntervalsAndASkewOfItsOwn) {
  const Step expected{backup_until(t0 + 9 * kSecond + kSkew), {}, Reason::kStartup};
  EXPECT_EQ(step(config(), Initialize{}, Startup{}, t0), expected);
}

// V2-07, RFC 3768 6.4.2: "If the Priority in the ADVERTISEMENT is Zero: set the Master_Down_Timer to
// Skew_Time."
TEST(BackupVersion2, PriorityZeroAdvertSetsTheTimerToASkewWithoutTheInterval) {
  const auto next = step(config(), backup_until(t0 + 9 * kSecond), advert(0, 3, "192.0.2.99"), t0);
  EXPECT_EQ(next, (Step{Backup{t0, t0 + kSkew, std::nullopt, Reason::kRelinquished}, {}, std::nullopt}));
}

// V2-08: RFC 3768 learns no interval; 6.4.2: "reset the Master_Down_Timer to Master_Down_Interval".
TEST(BackupVersion2, LearnsNoInterval) {
  for (const int priority : {100, 101, 255}) {
    const auto next =
        step(config(), backup_until(t0 + kSecond), advert(priority, 255, "192.0.2.1"), t0 + kSecond);
    EXPECT_EQ(next, (Step{backup_until(t0 + 10 * kSecond + kSkew), {}, std::nullopt}));
  }
}

// RFC 3768 6.4.2: "If the Preempt_Mode ... less: discard the ADVERTISEMENT", as in version 3.
TEST(BackupVersion2, LowerPriorityIsDiscardedWhenPreempting) {
  const Backup state = backup_until(t0 + 9 * kSecond);
  EXPECT_EQ(step(config(), state, advert(99, 3, "192.0.2.1"), t0 + kSecond).next,
            State(Backup{t0, state.active_down, std::nullopt, Reason::kPreempted}));
}

// V2-09, RFC 3768 6.4.3: "else: discard the ADVERTISEMENT" - and nothing is sent, unlike RFC 9568 (VR-101).
TEST(ActiveVersion2, LowerPriorityIsDiscardedInSilenceAndHostsAreTold) {
  for (const auto& heard : {advert(99, 3, "192.0.2.99"), advert(100, 3, "192.0.2.9")}) {
    EXPECT_EQ(step(config(), kActive, heard, t0 + kSecond),
              (Step{kActive, {RepeatAnnouncement{}}, std::nullopt}));
  }
}

// RFC 3768 6.4.3: "If the Priority in the ADVERTISEMENT is Zero: send an ADVERTISEMENT; reset the
// Adver_Timer."
TEST(ActiveVersion2, PriorityZeroIsAnsweredAtOnceAndRearms) {
  const TimePoint now = t0 + kSecond;
  EXPECT_EQ(step(config(), kActive, advert(0, 3, "192.0.2.99"), now),
            (Step{Active{now + 3 * kSecond, std::nullopt},
                  {RenewAddresses{}, SendAdvert{Priority(100)}, RepeatAnnouncement{}},
                  std::nullopt}));
}

// RFC 3768 6.4.3: greater, or equal from a greater address: "set the Master_Down_Timer to
// Master_Down_Interval"; V2-08: of our own interval.
TEST(ActiveVersion2, HigherPriorityMeansReleaseAndBackupByTheOwnInterval) {
  for (const auto& heard : {advert(101, 255, "192.0.2.1"), advert(100, 255, "192.0.2.11")}) {
    EXPECT_EQ(step(config(), kActive, heard, t0), (Step{backup_until(t0 + 9 * kSecond + kSkew),
                                                        {ReleaseAddresses{}, SendAdvert{Priority(100)}},
                                                        Reason::kHigherPriorityHeard}));
  }
}

// V2-07: Skew_Time does not depend on the interval, so only the three intervals move.
TEST(BackupVersion2, AChangedIntervalMovesTheTimerByThreeIntervals) {
  RouterConfig slower = config();
  slower.advertisement_interval = Centiseconds(400);
  const auto next = step(slower, backup_until(t0 + 9 * kSecond + kSkew), Reconfigured{config()}, t0).next;
  EXPECT_EQ(next, State(backup_until(t0 + 12 * kSecond + kSkew)));
}

// An advert with the longer interval is none any more: who has yet to take the plan is given the time that he
// had by the last one that was.
TEST(BackupVersion2, AShorterIntervalWaitsForAllThatTheLongerOneGave) {
  RouterConfig faster = config();
  faster.advertisement_interval = Centiseconds(100);
  const State before = backup_until(t0 + 9 * kSecond + kSkew);
  const State after = step(faster, before, Reconfigured{config()}, t0 + 3 * kSecond).next;
  EXPECT_EQ(next_deadline(after), t0 + 9 * kSecond + kSkew);
  EXPECT_EQ(next_deadline(step(faster, after, advert(200, 1, "192.0.2.9"), t0 + 5 * kSecond).next),
            t0 + 8 * kSecond + kSkew);
}

// VR-100 over IPv6: addresses are compared unsigned in network order, whatever they are called.
TEST(ActiveOverIpv6, EqualPriorityGoesToTheGreaterAddress) {
  RouterConfig v6 = config();
  v6.version = Version::k3;
  v6.primary = ip("fe80::1:0");
  const auto hears = [&](std::string_view sender) {
    return step(v6, kActive, AdvertReceived{Priority(100), Centiseconds(300), ip(sender)}, t0).next.index();
  };
  EXPECT_EQ(hears("fe80::ffff"), State(kActive).index());
  EXPECT_EQ(hears("fe80::1:1"), State(Backup{}).index());
  EXPECT_EQ(hears("fe80:0:0:8000::"), State(Backup{}).index());
}

}  // namespace
}  // namespace fairlead::vrrp
