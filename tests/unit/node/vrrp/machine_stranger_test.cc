#include <gtest/gtest.h>

#include "node/vrrp/machine.h"

// FN-21: routers that are no members use our VRID for a virtual router of their own. No fight.
namespace fairlead::vrrp {
namespace {

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

const TimePoint t0{Seconds(1000)};
const Microseconds kSecond{1000000};
const Microseconds kSkew{609375};  // priority 100, 1 s

RouterConfig config() {
  RouterConfig out;
  out.primary = ip("192.0.2.10");
  return out;
}
RouterConfig owner() {
  RouterConfig out = config();
  out.priority = kOwner;
  return out;
}
AdvertReceived stranger(int priority, int centiseconds) {
  return {Priority(static_cast<std::uint8_t>(priority)), Centiseconds(centiseconds), ip("192.0.2.99"), true};
}
Backup backup_until(TimePoint active_down) { return {t0, active_down, std::nullopt, Reason::kMasterDown}; }
const Active kActive{t0 + kSecond, std::nullopt};

// While he speaks a Backup waits, whatever the priorities and Preempt_Mode are, the owner too.
TEST(BackupStranger, IsNeverPreempted) {
  for (const auto& router : {config(), owner()}) {
    for (const int priority : {1, 99, 100, 255}) {
      State state = backup_until(t0 + kSecond);
      TimePoint now = t0;
      for (int beat = 0; beat < 20; ++beat) {
        now += kSecond / 2;
        state = step(router, state, stranger(priority, 100), now).next;
        state = step(router, state, TimePassed{}, now).next;
        ASSERT_TRUE(std::holds_alternative<Backup>(state)) << priority;
      }
      const auto silence = active_down_interval(Version::k3, router.priority, Centiseconds(100));
      EXPECT_EQ(next_deadline(state), now + silence);
    }
  }
}

// Who speaks seldom is waited for all the same; he is not our Active Router, so nothing is learned.
TEST(BackupStranger, IsWaitedForByHisIntervalIfThatIsLonger) {
  const auto next = step(config(), backup_until(t0 + kSecond), stranger(1, 200), t0);
  EXPECT_EQ(next, (Step{backup_until(t0 + Microseconds(7218750)), {}, std::nullopt}));
}

// Else we would be too soon for an Active Router of ours, who speaks at our interval or the one he told.
TEST(BackupStranger, WhoSpeaksOftenDoesNotHastenUs) {
  const auto next = step(config(), backup_until(t0 + kSecond), stranger(1, 50), t0);
  EXPECT_EQ(next, (Step{backup_until(t0 + 3 * kSecond + kSkew), {}, std::nullopt}));
  const Backup learned{t0, t0 + kSecond, Centiseconds(200), Reason::kMasterDown};
  EXPECT_EQ(next_deadline(step(config(), learned, stranger(200, 10), t0).next), t0 + Microseconds(7218750));
}

TEST(BackupStranger, NeverBringsTheDeadlineNearer) {
  const auto next = step(config(), backup_until(t0 + 100 * kSecond), stranger(1, 100), t0);
  EXPECT_EQ(next, (Step{backup_until(t0 + 100 * kSecond), {}, std::nullopt}));
}

// A stranger who leaves makes room for his own Backup, not for us: nothing is hastened, nothing learned.
TEST(BackupStranger, WhoLeavesDoesNotHastenUs) {
  const auto next = step(config(), backup_until(t0 + kSecond), stranger(0, 50), t0);
  EXPECT_EQ(next, (Step{backup_until(t0 + 3 * kSecond + kSkew), {}, std::nullopt}));
  RouterConfig router = config();
  const Backup learned{t0, t0 + kSecond, Centiseconds(50), Reason::kMasterDown};
  EXPECT_EQ(next_deadline(step(router, learned, stranger(0, 400), t0).next), t0 + Microseconds(1804687));
}

// A member who leaves is another matter (VR-077).
TEST(BackupStranger, AMemberWhoLeavesHastensUsAllTheSame) {
  AdvertReceived member = stranger(0, 100);
  member.stranger = false;
  EXPECT_EQ(next_deadline(step(config(), backup_until(t0 + 3 * kSecond), member, t0).next), t0 + kSkew);
}

// 6.4.3 as ever: an Active router yields to what outranks it and answers what does not.
TEST(ActiveStranger, WhoOutranksUsTellsNoInterval) {
  EXPECT_EQ(step(config(), kActive, stranger(101, 10), t0).next,
            State(backup_until(t0 + 3 * kSecond + kSkew)));
  EXPECT_EQ(step(config(), kActive, stranger(101, 200), t0).next,
            State(backup_until(t0 + Microseconds(7218750))));
}

TEST(ActiveStranger, IsJudgedByHisPriorityAlone) {
  EXPECT_EQ(step(config(), kActive, stranger(101, 100), t0).effects,
            (std::vector<Effect>{ReleaseAddresses{}}));
  EXPECT_EQ(step(config(), kActive, stranger(99, 100), t0).effects,
            (std::vector<Effect>{RenewAddresses{}, SendAdvert{Priority(100)}, RepeatAnnouncement{}}));
}

}  // namespace
}  // namespace fairlead::vrrp
