#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread when it or its machine has stood still: a rival may be Active by now.
namespace fairlead::agent {
namespace {

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
  EXPECT_EQ(thread.writes(),
            Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2", "advert 51 priority 200"}));
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

// Else the next renewal came an interval after the advert, and not after the one before.
TEST(Thaw, InTheRenewalButInTimeTheAddressesAreRenewedOnceMore) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.after_hold = [&] {
    thread.world.now += Milliseconds(400);
    thread.world.after_hold = nullptr;
  };
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("hold 192.0.2.100 ").size(), 2U);
  EXPECT_EQ(thread.lines("advert ").size(), 1U);
}

// The others have heard it, and count from when it left.
TEST(Thaw, InTheFirstAdvertNoAddressIsHeld) {
  VrrpThread thread;
  thread.world.before_send = [&] {
    thread.world.now += Seconds(5);
    thread.world.before_send = nullptr;
  };
  thread.run(group_plan());
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.adverts->sent.size(), 1U);
  EXPECT_EQ(thread.lines("hold "), Journal());
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(Thaw, InTheFirstAdvertButInTimeTheAddressesAreHeld) {
  VrrpThread thread;
  thread.world.before_send = [&] {
    thread.world.now += Milliseconds(500);
    thread.world.before_send = nullptr;
  };
  thread.run(group_plan());
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// An expired address must not draw the neighbours back here, away from the one that is Active by now.
TEST(Thaw, InTheRepairOfAnAddressNothingIsAnnouncedAndTheAddressesGo) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.remove(2, kA);
  thread.world.after_hold = [&] {
    thread.world.now += Seconds(5);
    thread.world.after_hold = nullptr;
  };
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce "), Journal());
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(Thaw, InTheRepairButInTimeTheAddressIsAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.remove(2, kA);
  thread.world.after_hold = [&] {
    thread.world.now += Milliseconds(200);
    thread.world.after_hold = nullptr;
  };
  thread.network->tell();
  EXPECT_EQ(thread.lines("announce "), Journal({"announce 192.0.2.100"}));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Nobody else is Active yet, but the kernel may have taken it back once more: the next beat tells.
TEST(Thaw, InTheRepairForLongerThanTheLifetimeNothingIsAnnounced) {
  VrrpThread thread;
  thread.become_active(test::with_interval(group_plan(), 100));
  thread.world.remove(2, kA);
  thread.world.after_hold = [&] {
    thread.world.now += Milliseconds(2200);
    thread.world.after_hold = nullptr;
  };
  thread.network->tell();
  EXPECT_EQ(thread.writes(), Journal({"hold 192.0.2.100 2s on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// vrrp.md 4: a queued advert cancels a take-over, also one that came while this turn took its time.
TEST(Thaw, OfABackupInATurnWhatOthersSentComesBeforeItsTimer) {
  VrrpThread thread;
  thread.run(group_plan());
  thread.world.pass(Milliseconds(700));
  int reads = 0;
  thread.world.after_drain = [&] {
    if (++reads == 1) thread.world.now += Milliseconds(500);  // ADI 803.9 ms
    if (reads != 2) return;
    thread.world.receive(2, ip("192.0.2.9"),
                         {vrrp::VirtualRouterId(51), vrrp::Priority(250), vrrp::Centiseconds(25), {kA, kB}});
  };
  thread.adverts->tell();
  EXPECT_EQ(reads, 2);
  EXPECT_EQ(thread.lines("advert"), Journal());
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

// Before its next advert is due, and with nothing else to tell it.
TEST(Sleep, AfterALongOneNoNewAddressIsHeld) {
  VrrpThread thread;
  thread.become_active(group_plan());
  auto grown = group_plan();
  grown.addresses.insert(ip("192.0.2.102"));
  thread.order({grown});
  (void)thread.world.take_journal();
  thread.world.suspended += Seconds(5);
  thread.ready(grown.addresses);
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(Sleep, AfterAShortOneItIs) {
  VrrpThread thread;
  thread.become_active(group_plan());
  auto grown = group_plan();
  grown.addresses.insert(ip("192.0.2.102"));
  thread.order({grown});
  (void)thread.world.take_journal();
  thread.world.suspended += Milliseconds(300);
  thread.ready(grown.addresses);
  EXPECT_EQ(thread.lines("hold "), Journal({"hold 192.0.2.102 1s on 2"}));
}

// FN-02: a suspended machine's monotonic clock stands still, so that nothing looks late; the boot-time clock
// tells. vrrp.md 1, 14.
TEST(Wake, AfterASuspendNothingLeavesAndTheAddressesGo) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.suspended += Seconds(30);
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.group().last_transition->reason, "FenceExpired");
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);  // nobody else came
}

TEST(Wake, AfterANapShorterThanAnotherNeedsTheWireIsReadFirst) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.receive(2, ip("192.0.2.9"),
                       {vrrp::VirtualRouterId(51), vrrp::Priority(250), vrrp::Centiseconds(25), {kA, kB}});
  thread.world.suspended += Milliseconds(200);
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.lines("hold"), Journal());
}

TEST(Wake, AWallClockOrASuspendDoesNothingToABackup) {
  VrrpThread thread;
  thread.run(group_plan());
  thread.hear_for(250, Seconds(2));
  thread.world.suspended += Seconds(3600);
  thread.hear_for(250, Seconds(2));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
}

// A thawed daemon's renewal may bring back what has expired: that is a repair, and hosts must hear of it.
TEST(Thaw, ARenewalThatBroughtAnAddressBackIsFollowedByItsAnnouncement) {
  VrrpThread thread;
  auto group = test::with_interval(group_plan(), 100);
  group.announce.repeats = {Seconds(0)};  // no round is due meanwhile
  thread.become_active(group);
  thread.world.remove(2, kA);  // its lifetime of 2 s ends while the daemon stands still
  thread.world.freeze(Milliseconds(2500));
  EXPECT_EQ(thread.writes(), Journal({"hold 192.0.2.100 2s on 2", "hold 192.0.2.101 2s on 2",
                                      "advert 51 priority 200", "announce 192.0.2.100"}));
  EXPECT_EQ(thread.metric("fairlead_node_address_repairs_total{cause=\"expired\"}"), 1);
}

}  // namespace
}  // namespace fairlead::agent
