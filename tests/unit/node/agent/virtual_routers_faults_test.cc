#include <gtest/gtest.h>

#include <algorithm>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread when the world misbehaves: freezes, interfaces that come and go, others that touch our
// addresses, adverts that do not leave, plans that change while Active.
namespace fairlead::agent {
namespace {

using test::group_plan;
using test::ip;
using test::Journal;
using test::VrrpThread;
using test::with_interval;

const net::IpAddress kA = ip("192.0.2.100");
const net::IpAddress kB = ip("192.0.2.101");

std::vector<std::string> problems(const GroupReport& report) {
  std::vector<std::string> out;
  for (const auto& problem : report.problems) out.push_back(problem.type);
  return out;
}

// FN-02: G >= ADI_min - 0.1 s: no advert, no renewal, the addresses go at once.
TEST(Thaw, AfterALongFreezeNothingLeavesAndTheAddressesGo) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.freeze(Seconds(5));
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(Thaw, WhatOthersSentMeanwhileComesFirst) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.receive(2, ip("192.0.2.9"),
                       {vrrp::VirtualRouterId(51), vrrp::Priority(250), vrrp::Centiseconds(25), {kA, kB}});
  thread.world.freeze(Milliseconds(400));  // late, but not too late
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

// FN-35: frozen between renewal and advert; the renewal may have brought an expired address back.
TEST(Thaw, BetweenRenewalAndAdvertTheAddressesGo) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.before_send = [&] {
    thread.world.now += Seconds(5);
    thread.world.before_send = nullptr;
  };
  thread.world.pass(Milliseconds(250));
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

// The fence asks when another may be Active: those who heard our last advert count with what it said.
TEST(PlanChange, AShorterIntervalDoesNotFenceTheMaster) {
  VrrpThread thread;
  thread.become_active(with_interval(group_plan(), 100));
  for (int i = 0; i < 40; ++i) {  // whenever in the beat the change comes
    thread.world.pass(Milliseconds(2000 + 25 * i));
    thread.order({with_interval(group_plan(), 10)});
    thread.world.pass(Milliseconds(300));
    thread.order({with_interval(group_plan(), 100)});
    ASSERT_EQ(thread.state(), api::MemberState::kMaster) << i;
  }
  EXPECT_EQ(thread.lines("release"), Journal());
}

// The others wait for the interval of our last advert: the first one with the new interval is on the old
// beat.
TEST(PlanChange, ALongerIntervalIsToldOnTheOldBeat) {
  VrrpThread thread;
  thread.become_active(group_plan());
  std::vector<TimePoint> sent;
  thread.world.before_send = [&] { sent.push_back(thread.world.now); };
  thread.world.pass(Milliseconds(250));
  thread.order({with_interval(group_plan(), 100)});
  thread.world.pass(Seconds(2));
  ASSERT_GE(sent.size(), 3U);
  EXPECT_EQ(sent[1] - sent[0], Milliseconds(250));
  EXPECT_EQ(sent[2] - sent[1], Seconds(1));
  EXPECT_EQ(thread.adverts->sent.back().second.max_advertise_interval, vrrp::Centiseconds(100));
  EXPECT_EQ(thread.lines("release"), Journal());
}

TEST(PlanChange, AnotherVridIsAnotherRouter) {
  VrrpThread thread;
  thread.become_active(group_plan());
  auto moved = group_plan();
  moved.virtual_router_id = vrrp::VirtualRouterId(60);
  thread.order({moved});
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2",
                                      "advert 51 priority 0", "listen 2"}));
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.adverts->sent.back().second.virtual_router_id, vrrp::VirtualRouterId(60));
  EXPECT_TRUE(thread.world.has(2, kA));
}

TEST(PlanChange, AnotherInterfaceTakesTheAddressesAlong) {
  VrrpThread thread;
  thread.world.add_interface(3, "eth2", ip("192.0.2.2"));
  thread.become_active(group_plan());
  auto moved = group_plan();
  moved.interface = "eth2";
  thread.order({moved});
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2",
                                      "advert 51 priority 0", "leave 2", "listen 3"}));
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.world.has(3, kA));
}

TEST(Interface, DeletedAndMadeAgainUnderAnotherIndexTheGroupStartsThere) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.interfaces.erase(2);
  thread.network->tell();
  EXPECT_EQ(thread.writes(), Journal({"leave 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(problems(thread.group()).front(), "InterfaceMissing");
  EXPECT_TRUE(thread.group().held.empty());
  thread.world.add_interface(7, "eth1", ip("192.0.2.1"));
  thread.network->tell();
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("listen"), Journal({"listen 7"}));
  EXPECT_TRUE(thread.world.has(7, kA));
}

// Nothing on the host need change for a socket to be had again.
TEST(Interface, ThatCannotBeListenedOnIsTriedAgainEverySecondAndIsACondition) {
  VrrpThread thread;
  thread.world.listening_fails = true;
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.writes(), Journal());
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  ASSERT_EQ(problems(thread.group()).front(), "CannotListen");
  EXPECT_EQ(thread.group().problems.front().message, "no VRRP socket on eth1: raw socket: EMFILE");
  thread.world.listening_fails = false;
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("listen"), Journal({"listen 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_NE(problems(thread.group()).front(), "CannotListen");
}

// FN-05.
TEST(Interface, WithoutCarrierNoAddressAndNoAdvert) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.interfaces[2].up = false;
  thread.network->tell();
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
}

// FN-06, P-13.
TEST(Strangers, AnAddressRemovedByOthersIsBackAtOnceAndAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.remove(2, kA);
  thread.network->tell();
  EXPECT_EQ(thread.writes(), Journal({"hold 192.0.2.100 1s on 2", "announce 192.0.2.100"}));
}

TEST(Strangers, WhoeverRemovesAnAddressInALoopIsNotFoughtMoreThanThirtyTimesAMinute) {
  VrrpThread thread;
  thread.become_active(group_plan());
  for (int i = 0; i < 200; ++i) {
    thread.world.remove(2, kA);
    thread.network->tell();
  }
  EXPECT_EQ(thread.lines("hold 192.0.2.100").size(), 30U);
  thread.world.pass(Milliseconds(250));  // then the next beat puts it back
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_EQ(thread.group().held, (std::set<net::IpAddress>{kA, kB}));
}

// FN-34: what somebody else configured is never taken over, whenever it came.
TEST(Strangers, AnAddressThatIsThereAlreadyKeepsTheGroupOut) {
  VrrpThread thread;
  thread.world.interfaces[2].addresses.push_back({{kA, 32}, false, true, true, false, false});
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(10));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(problems(thread.group()).front(), "AddressInUse");
}

TEST(Strangers, AnAddressConfiguredWhileWeAreBackupIsNeverTakenOver) {
  VrrpThread thread;
  thread.order({group_plan()});
  thread.ready({kA, kB});
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
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.hear_for(250, Seconds(2));
  for (const auto& address : {kA, kB}) {
    thread.world.interfaces[2].addresses.push_back({{address, 32}, false, true, true, false, false});
  }
  thread.network->tell();
  thread.world.pass(Seconds(3));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
}

// vrrp.md 8: no lifetime without the advert that stands for it.
TEST(MuteWire, TheMasterGivesUpWithinTheShortestActiveDownInterval) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(750));
  EXPECT_TRUE(thread.world.has(2, kA));
  thread.world.pass(Milliseconds(250));
  EXPECT_FALSE(thread.world.has(2, kA));
}

// A firewall that drops protocol 112 on its way out: the living master keeps what nobody can tell it to give.
TEST(MuteWire, ALivingMasterOfLowerPriorityIsNotDisplaced) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.order({group_plan()});
  thread.ready({kA, kB});
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
TEST(MuteWire, IsAConditionUntilAnAdvertLeavesAndEveryLostOneIsCounted) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.order({group_plan()});
  thread.ready({kA, kB});
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
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_NE(problems(thread.group()).front(), "AdvertsNotSent");
}

TEST(MuteWire, ABackupThatHasNotTriedForTenMinutesCannotTell) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(2));
  thread.hear_for(250, Seconds(590));
  EXPECT_EQ(problems(thread.group()).front(), "AdvertsNotSent");
  thread.hear_for(250, Seconds(20));
  EXPECT_NE(problems(thread.group()).front(), "AdvertsNotSent");
}

TEST(MuteWire, ASilentSegmentIsServedAllTheSame) {
  VrrpThread thread;
  thread.world.sends_fail = true;
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.world.pass(Milliseconds(810));
  EXPECT_TRUE(thread.world.has(2, kA));
}

// I-4: who can hold none of the addresses is no master.
TEST(Refusal, OfEveryAddressInvitesTheOthersAndIsAConditionThatNamesThem) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.writes(), Journal({"listen 2", "advert 51 priority 200", "advert 51 priority 0"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.group().last_transition->reason, "AddressesRefused");
  ASSERT_EQ(problems(thread.group()).front(), "AddressNotHeld");
  EXPECT_EQ(thread.group().problems.front().message, "hold 192.0.2.100; hold 192.0.2.101");
}

TEST(Refusal, IsAskedAgainAfterHalfAMinuteAndOverWhenTheKernelTakesThem) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.order({group_plan()});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(2));
  thread.world.unholdable.clear();
  thread.network->tell();  // whatever else happens on the host
  thread.world.pass(Seconds(28));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_EQ(std::count(problems(thread.group()).begin(), problems(thread.group()).end(), "AddressNotHeld"),
            0);
}

// No flapping: each try would take the address from a master that serves it.
TEST(Refusal, LeavesALivingMasterOfLowerPriorityInPeaceForTenMinutes) {
  VrrpThread thread;
  thread.world.unholdable = {kA, kB};
  thread.order({group_plan()});
  thread.ready({kA, kB});
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
  thread.order({group_plan()});
  thread.ready({kA, kB});
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
  thread.order({group_plan()});
  thread.ready({kA, kB});
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

}  // namespace
}  // namespace fairlead::agent
