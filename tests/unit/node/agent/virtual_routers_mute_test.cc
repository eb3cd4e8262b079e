#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread when the wire says no: adverts that do not leave.
namespace fairlead::agent {
namespace {

// vrrp.md 8: no lifetime without the advert that stands for it.
TEST(MuteWire, TheMasterGivesUpWithinTheShortestActiveDownInterval) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(500));
  EXPECT_TRUE(thread.world.has(2, kA));
  thread.world.pass(Milliseconds(260));  // the last one left up to a beat before, and its limit is 753.5 ms
  EXPECT_FALSE(thread.world.has(2, kA));
}

// A firewall that drops protocol 112 on its way out: the living master keeps what nobody can tell it to give.
TEST(MuteWire, ALivingMasterOfLowerPriorityIsNotDisplaced) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.run(group_plan());
  thread.hear_for(100, Seconds(2));
  const std::size_t reports = thread.reports.size();
  thread.hear_for(100, Seconds(10));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(thread.reports.size(), reports);  // each would be a write to the API server
  thread.world.sends_fail = false;
  thread.hear_for(100, Seconds(2));
  EXPECT_TRUE(thread.world.has(2, kA));
}

// People look at the status first: there it stands as long as it lasts, whatever the state.
TEST(MuteWire, IsAConditionUntilAdvertsLeaveAndEveryLostOneIsCounted) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.run(group_plan());
  for (int i = 0; i < 40; ++i) {
    thread.world.pass(Milliseconds(100));
    const bool tried = i >= 8;  // ADI 803.9 ms
    ASSERT_EQ(problems(thread.group()).front() == "AdvertsNotSent", tried) << i;
  }
  EXPECT_EQ(thread.group().problems.front().message, "advert on interface: EPERM");
  const std::string text = thread.metrics.render();
  const std::string series = "\nfairlead_node_vrrp_adverts_unsent_total{group=\"a\"} ";
  ASSERT_NE(text.find(series), std::string::npos);
  EXPECT_GE(std::stod(text.substr(text.find(series) + series.size())), 4);
  thread.world.sends_fail = false;
  thread.world.pass(Seconds(9));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(problems(thread.group()).front(), "AdvertsNotSent");
  thread.world.pass(Seconds(2));
  EXPECT_NE(problems(thread.group()).front(), "AdvertsNotSent");
}

// K-29. A packet filter that drops some, a full queue: each change would be a write to the API server.
TEST(MuteWire, ThatEveryOtherAdvertFailsIsOneConditionAndNoNewsAtEachAdvert) {
  VrrpThread thread;
  thread.become_active(group_plan());
  int calls = 0;  // one that fails is tried twice
  thread.world.before_send = [&] { thread.world.sends_fail = calls++ % 3 != 2; };
  thread.world.pass(Seconds(1));
  const std::size_t before = thread.reports.size();
  thread.world.pass(Seconds(20));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_NE(thread.condition("AdvertsNotSent"), "");
  EXPECT_EQ(thread.reports.size(), before);
}

TEST(MuteWire, ABackupThatHasNotTriedForTenMinutesCannotTell) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.run(group_plan());
  thread.world.pass(Seconds(2));
  thread.hear_for(250, Seconds(590));
  EXPECT_EQ(problems(thread.group()).front(), "AdvertsNotSent");
  thread.hear_for(250, Seconds(20));
  EXPECT_NE(problems(thread.group()).front(), "AdvertsNotSent");
}

// No lifetime without an advert: what expires for want of renewals is not put back, until an advert leaves.
TEST(MuteWire, AnAddressThatExpiresComesBackWithTheFirstAdvertThatLeaves) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(500));
  (void)thread.world.take_journal();
  thread.world.remove(2, kA);
  thread.network->tell();
  EXPECT_EQ(thread.writes(), Journal());
  thread.world.sends_fail = false;
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.writes(), Journal({"advert 51 priority 200", "hold 192.0.2.100 1s on 2",
                                      "hold 192.0.2.101 1s on 2", "announce 192.0.2.100"}));
}

// VR-064: what is found to be gone, and is not put back, is not announced even if that was due already.
TEST(MuteWire, AnAddressThatIsGoneIsNotAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(500));
  (void)thread.world.take_journal();
  thread.world.remove(2, kA);
  thread.hear(100);
  EXPECT_EQ(thread.writes(), Journal({"announce 192.0.2.101"}));
}

// VR-064: without renewals the kernel takes them back, and tells of it later than others speak.
TEST(MuteWire, AddressesThatAreRenewedNoMoreAreNotAnnounced) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.order({test::with_interval(group_plan(), 100)});
  thread.ready({kA, kB});
  thread.world.pass(Milliseconds(3220));  // ADI 3218.75 ms
  ASSERT_EQ(thread.lines("hold "), Journal({"hold 192.0.2.100 2s on 2", "hold 192.0.2.101 2s on 2"}));
  thread.hear(100);  // the answer is the second advert that does not leave
  (void)thread.world.take_journal();
  thread.world.freeze(Milliseconds(2100));  // the second round of announcements is due
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.writes(), Journal());
}

// By the last turn it is reckoned how long a group may be heard of whose fence was made anew
// (filter::reopened_for): from its last advert. Found by the simulation (seeds 787951, 870160, 894219).
TEST(MuteWire, ATurnAfterWhichAnAdvertHasNotLeftIsNone) {
  VrrpThread thread;
  thread.become_active(group_plan());
  const auto idle = [&] { return thread.last_turn.ago(thread.world.now); };
  EXPECT_LE(idle(), Milliseconds(250));
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(260));  // one was tried
  const Microseconds before = idle();
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(idle(), before + Milliseconds(250));
  thread.world.pass(Seconds(10));  // it gave up long since, and tries again and again
  thread.world.sends_fail = false;
  thread.world.pass(Seconds(2));
  EXPECT_LE(idle(), Milliseconds(250));
}

// A Backup's attempts hold nothing up: it begins nobody's time.
TEST(MuteWire, ABackupWhoseAttemptsFailHasItsTurns) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.run(group_plan());
  thread.hear_for(100, Seconds(3));
  EXPECT_LE(thread.last_turn.ago(thread.world.now), Milliseconds(250));
}

// What could not be removed may be heard for what its own advert began, and no longer.
TEST(MuteWire, ATurnThatLeavesBehindWhatItWasToRemoveIsNone) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.hear(250);
  const Microseconds before = thread.last_turn.ago(thread.world.now);
  thread.hear_for(250, Seconds(3));
  EXPECT_EQ(thread.last_turn.ago(thread.world.now), before + Seconds(3));
  thread.world.releases_fail = false;
  thread.hear_for(250, Seconds(1));
  EXPECT_LE(thread.last_turn.ago(thread.world.now), Milliseconds(250));
}

TEST(MuteWire, ASilentSegmentIsServedAllTheSame) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.run(group_plan());
  thread.world.pass(Milliseconds(810));
  EXPECT_TRUE(thread.world.has(2, kA));
}

}  // namespace
}  // namespace fairlead::agent
