#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// FN-01: a restart without a flap. Group of 250 ms, lifetime 1 s, ADI_min 853.5 ms.
namespace fairlead::agent {
namespace {

class Resume : public testing::Test {
 protected:
  Resume() : thread({kA, kB, kC}) { renewed(Milliseconds(300)); }
  // The earlier run renewed so long ago.
  void renewed(Microseconds age) {
    for (const auto& address : {kA, kB, kC}) thread.world.renewals[{2, address}] = {age, Seconds(1)};
  }
  VrrpThread thread;
};

TEST_F(Resume, RenewsThenAdvertisesAndDropsNothingButWhatThePlanDoesNotHave) {
  thread.order({group_plan()});
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.102 on 2", "listen 2"}));
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(200));
  thread.ready({kA, kB});
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.group().last_transition->reason, "Resumed");
  Journal writes = thread.writes();
  writes.resize(3);
  EXPECT_EQ(writes,
            Journal({"hold 192.0.2.100 1s on 2", "hold 192.0.2.101 1s on 2", "advert 51 priority 200"}));
  EXPECT_EQ(thread.lines("release"), Journal());
  EXPECT_EQ(thread.lines("announce").size(), 2U);
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("advert").size(), 2U);
}

// The report that lets others take over or drain must not come meanwhile.
TEST_F(Resume, WhatIsKeptIsReportedAsHeldAndNotYetCarriedOut) {
  thread.order({group_plan()});
  EXPECT_EQ(thread.reports.back().held, (std::set<net::IpAddress>{kA, kB}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
}

TEST_F(Resume, NotIfTheVipsAreReadyTooLate) {
  thread.order({group_plan()});
  thread.world.pass(Microseconds(453514));
  EXPECT_EQ(thread.lines("release 192.0.2.100"), Journal());
  thread.world.pass(Microseconds(1));
  EXPECT_EQ(thread.lines("release 192.0.2.100").size(), 1U);
  EXPECT_TRUE(thread.reports.back().held.empty());
  thread.ready({kA, kB});
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.lines("advert"), Journal());
}

TEST_F(Resume, NotIfTheLastRenewalIsTooOld) {
  renewed(Milliseconds(754));
  thread.order({group_plan()});
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2",
                                      "release 192.0.2.102 on 2", "listen 2"}));
}

// The kernel counts the age of a renewal by a clock that stood still meanwhile.
TEST_F(Resume, NotIfTheMachineHasSleptSinceItWasStarted) {
  thread.world.suspended = Seconds(3);
  thread.order({group_plan()});
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2",
                                      "release 192.0.2.102 on 2", "listen 2"}));
}

TEST_F(Resume, NotIfAnotherIsHeardHoweverLowItsPriority) {
  for (const int priority : {250, 1, 0}) {
    VrrpThread other({kA, kB});
    for (const auto& address : {kA, kB}) other.world.renewals[{2, address}] = {Milliseconds(300), Seconds(1)};
    other.order({group_plan()});
    other.hear(priority);
    EXPECT_EQ(other.lines("release").size(), 2U) << priority;
    other.ready({kA, kB});
    EXPECT_EQ(other.state(), api::MemberState::kBackup) << priority;
  }
}

// The plan gained an address and its holder died before it held it; or one expired.
TEST_F(Resume, AnAddressThatIsNotThereIsAddedAndAnnounced) {
  thread.world.remove(2, kB);
  thread.world.renewals.erase({2, kB});
  thread.run(group_plan());
  EXPECT_TRUE(thread.world.has(2, kB));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_NE(thread.lines("announce 192.0.2.101"), Journal());
}

// The clock is read again between renewal and advert: frozen there, nothing may stay.
TEST_F(Resume, FrozenOnTheWayTheAddressesGo) {
  thread.order({group_plan()});
  thread.world.before_send = [&] {
    thread.world.now += Seconds(5);
    thread.world.before_send = nullptr;
  };
  thread.ready({kA, kB});
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST_F(Resume, NotOnALinkThatIsDown) {
  thread.world.interfaces[2].up = false;
  thread.run(group_plan());
  EXPECT_EQ(thread.lines("release").size(), 3U);
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
}

TEST_F(Resume, NotAfterANewPlanTookTheGroupAway) {
  thread.order({group_plan()});
  thread.order({});
  EXPECT_EQ(thread.lines("release").size(), 3U);
  EXPECT_EQ(thread.lines("advert"), Journal());
  EXPECT_TRUE(thread.reports.back().held.empty());
}

TEST_F(Resume, NotWhenTheDaemonIsToldToGo) {
  thread.order({group_plan()});
  thread.routers->stop([] {});
  EXPECT_EQ(thread.lines("release").size(), 3U);
  EXPECT_FALSE(thread.world.has(2, kA));
}

TEST_F(Resume, AnAddressThatANewPlanTookAwayGoesAndTheRestIsContinued) {
  thread.order({group_plan()});
  thread.order({test::with_addresses(group_plan(), {kA})});
  EXPECT_EQ(thread.lines("release 192.0.2.101").size(), 1U);
  thread.ready({kA});
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.lines("release 192.0.2.100"), Journal());
}

// A stamp of another group's plan, or none: begun anew, addresses first removed.
TEST_F(Resume, WithoutStampsTheAddressesGoFirst) {
  thread.world.renewals.clear();
  thread.run(group_plan());
  EXPECT_EQ(thread.lines("release").size(), 3U);
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

}  // namespace
}  // namespace fairlead::agent
