#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/captured_log.h"
#include "support/vrrp_thread.h"

// The vrrp thread when the kernel says no: addresses that are not taken; and what the log says of it.
namespace fairlead::agent {
namespace {

// I-4: who can hold none of the addresses is no master.
TEST(Refusal, OfEveryAddressInvitesTheOthersAndIsAConditionThatNamesThem) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.run(group_plan());
  thread.world.pass(Milliseconds(810));  // ADI 803.9 ms: in the turn of the promotion
  EXPECT_EQ(thread.writes(), Journal({"listen 2", "advert 51 priority 200", "advert 51 priority 0"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.group().last_transition->reason, "AddressesRefused");
  ASSERT_EQ(problems(thread.group()).front(), "AddressNotHeld");
  EXPECT_EQ(thread.group().problems.front().message, "hold 192.0.2.100; hold 192.0.2.101");
}

TEST(Refusal, IsAskedAgainAfterHalfAMinuteAndOverWhenTheKernelTakesThem) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.run(group_plan());
  thread.world.pass(Seconds(2));
  thread.world.unholdable.clear();
  thread.network->tell();  // whatever else happens on the host
  thread.world.pass(Seconds(28));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_EQ(problems(thread.group()), std::vector<std::string>{"FenceOverlap"});
}

// No flapping: each try would take the address from a master that serves it.
TEST(Refusal, LeavesALivingMasterOfLowerPriorityInPeaceForTenMinutes) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.run(group_plan());
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("advert").size(), 2U);
  thread.hear_for(100, Seconds(31));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  const std::size_t reports = thread.reports.size();
  thread.hear_for(100, Seconds(590));
  EXPECT_EQ(thread.lines("advert").size(), 2U);
  EXPECT_EQ(thread.reports.size(), reports);
  EXPECT_EQ(problems(thread.group()).front(), "AddressNotHeld");
  thread.world.unholdable.clear();
  thread.hear_for(100, Seconds(20));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

TEST(Refusal, OfOneAddressLeavesTheOthersServedAndIsTriedAtEveryBeat) {
  VrrpThread thread;
  thread.world.unholdable = {kB};
  thread.run(group_plan());
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  ASSERT_EQ(problems(thread.group()).front(), "AddressNotHeld");
  EXPECT_EQ(thread.group().problems.front().message, "hold 192.0.2.101");
  thread.world.unholdable.clear();
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("announce 192.0.2.101"), Journal({"announce 192.0.2.101"}));
  EXPECT_NE(problems(thread.group()).front(), "AddressNotHeld");
}

TEST(Refusal, ThatComesLaterEndsTheMastershipOnceTheLastAddressIsGone) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.unholdable = {kA, kB};
  thread.world.pass(Milliseconds(500));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  for (const auto& address : {kA, kB}) thread.world.remove(2, address);  // their lifetime ends
  thread.network->tell();
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.lines("advert 51 priority 0").size(), 1U);
}

TEST(Refusal, IsForgottenWithTheLink) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.run(group_plan());
  thread.world.pass(Seconds(2));
  thread.world.interfaces[2].up = false;
  thread.network->tell();
  EXPECT_EQ(problems(thread.group()).front(), "LinkDown");
  thread.world.unholdable.clear();
  thread.world.interfaces[2].up = true;
  thread.network->tell();
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.world.has(2, kA));
}

// docs/messages.md: what repeats is a metric, and one line per change.
class Lines : public testing::Test {
 protected:
  VrrpThread thread;
  test::CapturedLog log{sys::LogLevel::kInfo, sys::LogFormat::kText};
};

TEST_F(Lines, OneOfAddressesThatStayHoweverOftenTheirRemovalIsTried) {
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.order({});
  thread.world.pass(Seconds(60));
  EXPECT_EQ(log.count("vrrp.leftovers_stay"), 1);
}

TEST_F(Lines, OneForEachAddressTheKernelRefusesHoweverOftenItIsAsked) {
  thread.world.unholdable = {kA, kB};
  thread.become_active(group_plan());
  thread.world.pass(Seconds(600));
  EXPECT_EQ(log.count("vrrp.address_failed"), 2);
}

TEST_F(Lines, OneOfASocketThatCannotBeHad) {
  thread.world.listening_fails = true;
  thread.order({group_plan()});
  thread.world.pass(Seconds(60));
  EXPECT_EQ(log.count("vrrp.cannot_listen"), 1);
}

TEST_F(Lines, OneOfAdvertsThatDoNotLeaveAndOneWhenTheyDo) {
  thread.world.sends_fail = true;
  thread.become_active(group_plan());
  thread.world.pass(Seconds(60));
  thread.world.sends_fail = false;
  thread.world.pass(Seconds(12));
  const auto lines = log.lines();
  EXPECT_EQ(test::count(lines, "vrrp.send_failed"), 1);
  EXPECT_EQ(test::count(lines, "vrrp.sends_again"), 1);
}

TEST_F(Lines, OneOfAnnouncementsThatDoNotLeave) {
  thread.world.announcements_fail = true;
  thread.become_active(group_plan());  // three rounds
  EXPECT_EQ(log.count("vrrp.announcement_failed"), 1);
}

TEST_F(Lines, OneAMinuteOfAnAddressThatIsRemovedAgainAndAgain) {
  thread.become_active(group_plan());
  for (int i = 0; i < 720; ++i) {  // three minutes
    thread.world.remove(2, kA);
    thread.world.pass(Milliseconds(250));
  }
  EXPECT_EQ(log.count("vrrp.address_restored"), 3);
}

TEST_F(Lines, OneForEachPeerThatDiffersHoweverTheyTakeTurns) {
  thread.run(group_plan());
  for (int i = 0; i < 40; ++i) {
    thread.hear(250);
    thread.world.receive(2, ip("192.0.2.8"),
                         {vrrp::VirtualRouterId(51), vrrp::Priority(240), vrrp::Centiseconds(25), {kA}});
    thread.adverts->tell();
    thread.world.pass(Milliseconds(250));
  }
  EXPECT_EQ(log.count("vrrp.peer_differs"), 1);
}

TEST_F(Lines, TenAtOnceAndTenAMinuteOfAPeerThatDiffersAtEveryOtherAdvert) {
  thread.run(group_plan());
  const auto take_turns = [&] {
    for (int i = 0; i < 100; ++i) {
      thread.hear_from("192.0.2.9", 250, {kA});
      thread.hear(250);
    }
  };
  take_turns();
  thread.world.pass(Seconds(60));
  take_turns();
  EXPECT_EQ(log.count("vrrp.peer_differs"), 20);
}

TEST_F(Lines, OfAPeerThatDiffersThatCouldNotBeWrittenComesLater) {
  thread.run(group_plan());
  // Twelve peers, of which each differs all the time.
  for (const Seconds before : {Seconds(0), Seconds(60), Seconds(60)}) {
    thread.world.pass(before);
    for (int host = 11; host <= 22; ++host) {
      thread.hear_from("192.0.2." + std::to_string(host), 250, {kA});
    }
  }
  EXPECT_EQ(log.count("vrrp.peer_differs"), 12);
}

}  // namespace
}  // namespace fairlead::agent
