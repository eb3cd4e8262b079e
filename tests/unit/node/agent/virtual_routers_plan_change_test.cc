#include <gtest/gtest.h>

#include <tuple>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread when its plan changes while it is Active.
namespace fairlead::agent {
namespace {

using test::with_interval;

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

// Until the next beat has passed, however young the last renewal is.
TEST(PlanChange, TheAdvertThatTellsALongerIntervalStandsOnTheLongerLifetime) {
  VrrpThread thread;
  thread.become_active(with_interval(group_plan(), 10));
  while (thread.lines("hold").empty()) thread.world.pass(Milliseconds(10));
  (void)thread.world.take_journal();
  thread.order({with_interval(group_plan(), 100)});
  thread.world.pass(Milliseconds(100));
  EXPECT_EQ(thread.writes(),
            Journal({"hold 192.0.2.100 2s on 2", "hold 192.0.2.101 2s on 2", "advert 51 priority 200"}));
}

// Who hears it takes over sooner.
TEST(PlanChange, TheAdvertThatTellsAShorterIntervalStandsOnTheShorterLifetime) {
  VrrpThread thread;
  thread.become_active(with_interval(group_plan(), 100));
  while (thread.lines("hold").empty()) thread.world.pass(Milliseconds(10));
  (void)thread.world.take_journal();
  thread.order({with_interval(group_plan(), 10)});
  thread.world.pass(Milliseconds(100));
  EXPECT_EQ(thread.writes(),
            Journal({"hold 192.0.2.100 1s on 2", "hold 192.0.2.101 1s on 2", "advert 51 priority 200"}));
}

// Nobody has heard of it, so that the others wait by the old one.
TEST(PlanChange, ALongerIntervalWhoseAdvertNeverLeftIsTriedAgainAtTheOldOne) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.order({with_interval(group_plan(), 100)});
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(250));
  thread.world.sends_fail = false;
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 51 priority 200"}));
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("advert ").size(), 2U);
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Takes that plan right after an advert, and then is frozen for so long. ADI_min of group_plan() is 853.5 ms:
// from 753.5 ms on another may be Active.
Journal written_after_a_freeze(const plan::GroupPlan& next, Milliseconds freeze) {
  VrrpThread thread;
  thread.become_active(group_plan());
  while (thread.lines("advert ").empty()) thread.world.pass(Milliseconds(1));
  thread.order({next});
  (void)thread.world.take_journal();
  thread.world.freeze(freeze);
  return thread.writes();
}
const Journal kGivesUp{"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"};

// Another may have the plan as well, and by it he waits less, whenever he heard us.
TEST(PlanChange, AStrongerRivalWaitsLessAfterTheAdvertThatCameBefore) {
  EXPECT_EQ(written_after_a_freeze(test::with_rival(group_plan(), 254), Milliseconds(700)), kGivesUp);
  EXPECT_EQ(written_after_a_freeze(test::with_rival(group_plan(), 254), Milliseconds(600)).back(),
            "advert 51 priority 200");
}

// He may not have that plan yet.
TEST(PlanChange, AWeakerRivalMayStillBeStrong) {
  EXPECT_EQ(written_after_a_freeze(test::with_rival(group_plan(), 50), Milliseconds(760)), kGivesUp);
}

// Which no advert of ours tells him.
TEST(PlanChange, AWeakerRivalMayBeStrongForAMinute) {
  for (const auto& [after, freeze, last] :
       {std::tuple(Seconds(50), Milliseconds(752), "advert 51 priority 200"),
        std::tuple(Seconds(50), Milliseconds(760), "release 192.0.2.101 on 2"),
        std::tuple(Seconds(62), Milliseconds(760), "advert 51 priority 200")}) {
    VrrpThread thread;
    thread.become_active(group_plan());
    thread.order({test::with_rival(group_plan(), 50)});
    thread.world.pass(after);
    (void)thread.world.take_journal();
    while (thread.lines("advert ").empty()) thread.world.pass(Milliseconds(1));
    (void)thread.world.take_journal();
    thread.world.freeze(freeze);
    EXPECT_EQ(thread.writes().back(), last) << after.count() << " s, " << freeze.count() << " ms";
  }
}

// Nor to one that becomes Active meanwhile.
TEST(PlanChange, AWeakerRivalMayStillBeStrongInTheNextMastership) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.order({test::with_rival(group_plan(), 50)});
  thread.hear(250);
  ASSERT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Seconds(8));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  while (thread.lines("advert ").empty()) thread.world.pass(Milliseconds(1));
  (void)thread.world.take_journal();
  thread.world.freeze(Milliseconds(760));
  EXPECT_EQ(thread.writes(), kGivesUp);
}

// He counts by the interval that the advert told.
TEST(PlanChange, AStrongerRivalAtAnotherIntervalWaitsForTheOldOne) {
  const auto faster = test::with_rival(with_interval(group_plan(), 10), 254);
  EXPECT_EQ(written_after_a_freeze(faster, Milliseconds(700)), kGivesUp);
  EXPECT_EQ(written_after_a_freeze(faster, Milliseconds(600)).back(), "advert 51 priority 200");
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

// FN-25: addresses gone, then priority 0, and from then on a candidate of last resort.
plan::GroupPlan told_to_hand_over(plan::GroupPlan plan) {
  plan.hand_over = true;
  plan.priority = vrrp::Priority(26);
  ++plan.version.generation;
  return plan;
}

TEST(PlanChange, AMasterThatIsToldToHandOverReleasesThenInvitesAndReportsBackup) {
  for (const bool preempt : {true, false}) {
    VrrpThread thread;
    plan::GroupPlan plan = group_plan();
    plan.preempt = preempt;
    thread.become_active(plan);
    thread.order({told_to_hand_over(plan)});
    EXPECT_EQ(thread.writes(),
              Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2", "advert 51 priority 0"}));
    EXPECT_EQ(thread.state(), api::MemberState::kBackup);
    EXPECT_EQ(thread.group().last_transition->reason, "HandedOver");
    EXPECT_EQ(thread.group().observed_generation, 2);
  }
}

// No drop: who was to take over may have died at that moment.
TEST(PlanChange, WhoHandedOverTakesTheRoleBackIfNobodyElseDoesAndKeepsItThen) {
  VrrpThread thread;
  thread.become_active(group_plan());
  auto plan = told_to_hand_over(group_plan());
  thread.order({plan});
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.lines("advert ").back(), "advert 51 priority 26");
  ++plan.version.generation;
  thread.order({plan});
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

TEST(PlanChange, ABackupThatIsToldToHandOverDoesNotSpeak) {
  VrrpThread thread;
  thread.run(group_plan());
  (void)thread.world.take_journal();
  thread.order({told_to_hand_over(group_plan())});
  EXPECT_EQ(thread.writes(), Journal());
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

// FN-25: a lower priority alone moves nothing.
TEST(PlanChange, ALowerPriorityWithoutHandOverMovesNothing) {
  VrrpThread thread;
  thread.become_active(group_plan());
  auto lowered = group_plan();
  lowered.priority = vrrp::Priority(26);
  ++lowered.version.generation;
  thread.order({lowered});
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

}  // namespace
}  // namespace fairlead::agent
