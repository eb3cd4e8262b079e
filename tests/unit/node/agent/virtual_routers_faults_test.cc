#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread when the world misbehaves: freezes, interfaces that come and go, others that touch our
// addresses, plans that change while Active.
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
