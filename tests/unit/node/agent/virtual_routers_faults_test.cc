#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread when others touch our addresses or use our VRID.
namespace fairlead::agent {
namespace {

// FN-06, P-13.
TEST(Strangers, AnAddressRemovedByOthersIsBackAtOnceAndAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.remove(2, kA);
  thread.network->tell();
  EXPECT_EQ(thread.writes(), Journal({"hold 192.0.2.100 1s on 2", "announce 192.0.2.100"}));
}

// People look at the status first: there it stands until a minute after the last time.
TEST(Strangers, AnAddressRemovedByOthersIsAConditionForAMinute) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.remove(2, kA);
  thread.network->tell();
  EXPECT_EQ(thread.condition("AddressRemovedByOther"), "192.0.2.100 removed by others");
  thread.world.pass(Milliseconds(59999));
  EXPECT_NE(thread.condition("AddressRemovedByOther"), "");
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.condition("AddressRemovedByOther"), "");
}

// Renewed for 2 s, it cannot have expired within one: that the new plan has 1 s plays no part.
TEST(Strangers, WhatOthersRemoveBeforeAShorterLifetimeIsGivenCountsAsRemoved) {
  VrrpThread thread;
  thread.become_active(test::with_interval(group_plan(), 100));
  while (thread.lines("advert ").empty()) thread.world.pass(Milliseconds(1));
  thread.world.pass(Milliseconds(970));
  thread.world.remove(2, kA);
  auto faster = test::with_interval(group_plan(), 25);
  faster.version.generation = 3;
  (void)thread.world.take_journal();
  thread.order({faster});
  EXPECT_FALSE(thread.lines("hold 192.0.2.100 1s on 2").empty());
  EXPECT_EQ(thread.condition("AddressRemovedByOther"), "192.0.2.100 removed by others");
  EXPECT_EQ(thread.metric("fairlead_node_address_repairs_total{cause=\"expired\"}"), std::nullopt);
}

// Something removes an address of ours five times a second, for so long, or until the role is given up.
void remove_in_a_loop(VrrpThread& thread, Microseconds span) {
  for (Microseconds at{0}; at < span && thread.state() == api::MemberState::kMaster;
       at += Milliseconds(200)) {
    thread.world.remove(2, kA);
    thread.network->tell();
    thread.world.pass(Milliseconds(200));
  }
}

// FN-06: no fight. Another member may have a quieter node.
TEST(Strangers, WhoeverRemovesAnAddressInALoopIsFoughtThirtyTimesThenTheRoleIsHandedOver) {
  VrrpThread thread;
  thread.become_active(group_plan());
  for (int i = 0; i < 200; ++i) {
    thread.world.remove(2, kA);
    thread.network->tell();
  }
  EXPECT_EQ(thread.lines("hold 192.0.2.100").size(), 30U);
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(250));  // the beat puts it back once more: enough
  EXPECT_EQ(thread.writes(),
            Journal({"hold 192.0.2.100 1s on 2", "hold 192.0.2.101 1s on 2", "advert 51 priority 200",
                     "release 192.0.2.100 on 2", "release 192.0.2.101 on 2", "advert 51 priority 0"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.group().last_transition->reason, "HandedOver");
  EXPECT_EQ(thread.condition("AddressRemovedByOther"),
            "192.0.2.100 removed by others; handed over, since it did not stop");
}

TEST(Strangers, WhoeverTookOverIsNotDisplacedForTenMinutes) {
  VrrpThread thread;
  thread.become_active(group_plan());
  remove_in_a_loop(thread, Seconds(10));
  ASSERT_EQ(thread.state(), api::MemberState::kBackup);
  thread.hear_for(100, Seconds(599));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.hear_for(100, Seconds(3));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Every member suffers the same: the role comes back, and going round in circles would only add outages. It
// stays, put right thirty times a minute and with each beat.
TEST(Strangers, WhoeverGetsTheRoleBackKeepsItAndFightsOnWithinTheLimit) {
  VrrpThread thread;
  thread.become_active(group_plan());
  remove_in_a_loop(thread, Seconds(10));
  ASSERT_EQ(thread.state(), api::MemberState::kBackup);
  thread.hear(0);  // the other has given up, too
  thread.world.pass(Milliseconds(100));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  remove_in_a_loop(thread, Seconds(570));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.lines("release"), Journal());
  // 10 minutes of 30, and a beat each 250 ms.
  EXPECT_LT(thread.lines("hold 192.0.2.100").size(), 11U * 30U + 4U * 570U + 10U);
}

// A late renewal is no removal.
TEST(Strangers, AnAddressThatExpiredIsNobodysFault) {
  VrrpThread thread;
  thread.become_active(test::with_interval(group_plan(), 100));
  thread.world.remove(2, kA);
  thread.world.freeze(Milliseconds(2500));  // lifetime 2 s, ADI_min 3.4 s
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_EQ(thread.condition("AddressRemovedByOther"), "");
}

// FN-34: what somebody else configured is never taken over, whenever it came.
TEST(Strangers, AnAddressThatIsThereAlreadyKeepsTheGroupOut) {
  VrrpThread thread;
  thread.world.interfaces[2].addresses.push_back({{kA, 32}, false, true, true, false, false});
  thread.run(group_plan());
  thread.world.pass(Seconds(10));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(problems(thread.group()).front(), "AddressInUse");
}

TEST(Strangers, AnAddressConfiguredWhileWeAreBackupIsNeverTakenOver) {
  VrrpThread thread;
  thread.run(group_plan());
  thread.hear_for(250, Seconds(2));
  thread.world.interfaces[2].addresses.push_back({{kA, 32}, false, true, true, false, false});
  thread.network->tell();
  thread.world.pass(Seconds(3));  // the other one falls silent
  EXPECT_EQ(thread.lines("hold 192.0.2.100"), Journal());
  EXPECT_EQ(thread.adverts->sent.back().second.addresses, std::vector<net::IpAddress>{kB});
  EXPECT_FALSE(thread.group().programmed);
  thread.world.remove(2, kA);
  thread.network->tell();
  EXPECT_TRUE(thread.world.has(2, kA));
}

TEST(Strangers, ABackupAllOfWhoseAddressesAreSomebodyElsesNowIsNone) {
  VrrpThread thread;
  thread.run(group_plan());
  thread.hear_for(250, Seconds(2));
  for (const auto& address : {kA, kB}) {
    thread.world.interfaces[2].addresses.push_back({{address, 32}, false, true, true, false, false});
  }
  thread.network->tell();
  thread.world.pass(Seconds(3));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
}

// What is reported as held is there, however late the kernel acknowledged.
TEST(LateAcknowledgement, TheReportForgetsTheAddress) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.hear(250);
  EXPECT_EQ(thread.group().held.size(), 2U);
  thread.world.releases_fail = false;
  thread.world.pass(Milliseconds(100));
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_TRUE(thread.group().held.empty());
}

// FN-11: after a split the winner announces itself again, whoever is heard first.
TEST(Healed, TheWinnerWhoHearsItsRivalAnnouncesItselfAgain) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.hear(100);
  EXPECT_EQ(thread.lines("announce"), Journal({"announce 192.0.2.100", "announce 192.0.2.101"}));
}

TEST(Healed, TheLoserSaysOneLastWordOnceItsAddressesAreGone) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.hear(250);
  thread.world.pass(Milliseconds(500));
  EXPECT_EQ(thread.writes(),
            Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2", "advert 51 priority 200"}));
}

// Others may read it after the winner's advert, and would else take over before his next one (sim, seed
// 2018982).
TEST(Healed, TheLastWordTellsTheIntervalOfTheWinner) {
  for (const auto interval : {vrrp::Centiseconds(100), vrrp::Centiseconds(10)}) {
    VrrpThread thread;
    thread.become_active(group_plan());
    const auto group = group_plan();
    thread.world.receive(2, ip("192.0.2.9"),
                         {vrrp::VirtualRouterId(51),
                          vrrp::Priority(250),
                          interval,
                          {group.addresses.begin(), group.addresses.end()}});
    thread.adverts->tell();
    ASSERT_EQ(thread.state(), api::MemberState::kBackup);
    EXPECT_EQ(thread.adverts->sent.back().second.max_advertise_interval, interval);
  }
}

// The opposite: version 2 learns no interval, and an advert with another one is none.
TEST(Healed, TheLastWordOfVersion2TellsItsOwnInterval) {
  VrrpThread thread;
  plan::GroupPlan group = test::with_interval(group_plan(), 100);
  group.vrrp_version = vrrp::Version::k2;
  thread.become_active(group);
  thread.world.receive(2, ip("192.0.2.9"),
                       {vrrp::VirtualRouterId(51),
                        vrrp::Priority(250),
                        vrrp::Centiseconds(100),
                        {group.addresses.begin(), group.addresses.end()}},
                       {vrrp::Version::k2, {}, {}});
  thread.adverts->tell();
  ASSERT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.adverts->sent.back().second.max_advertise_interval, vrrp::Centiseconds(100));
}

TEST(Healed, TheLoserWhoseAddressesMayStillBeThereSaysNothing) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.hear(250);
  EXPECT_EQ(thread.lines("advert"), Journal());
}

// A rival that gives the role up had it.
TEST(Healed, TheWinnerAnnouncesItselfWhenAnotherGivesTheRoleUp) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.hear(0);
  EXPECT_EQ(thread.lines("announce").size(), 2U);
  thread.hear(0);
  EXPECT_EQ(thread.lines("announce").size(), 2U);  // at most once a second
}

}  // namespace
}  // namespace fairlead::agent
