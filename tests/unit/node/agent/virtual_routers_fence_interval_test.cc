#include <gtest/gtest.h>

#include "node/address/fence.h"
#include "node/agent/virtual_routers.h"
#include "support/fenced_thread.h"

// A plan with another interval, and a finer fence that has the time of the one before for a while: others
// answer as long as it lets them, from the last advert on.
namespace fairlead::agent {
namespace {

using test::FencedThread;

// Active under a plan of one second, and told of one of 100 ms.
struct Hastened : FencedThread {
  Hastened() {
    become_active(test::with_interval(group_plan(), 100));
    before = wished();
    order({test::with_interval(group_plan(), 10)});
  }
  vrrp::Centiseconds told() const { return adverts->sent.back().second.max_advertise_interval; }
  std::vector<filter::FencedGroup> before;
};

// An advert gives the time that the table had when it left. One that told the longer interval before the
// table had followed gave the shorter time, and the next one is due after that.
TEST(FinerFence, WhenItHasFollowedAPlanAnActiveGroupAdvertisesAtOnce) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.order({test::with_interval(group_plan(), 100)});
  thread.world.pass(Milliseconds(300));
  ASSERT_EQ(thread.adverts->sent.back().second.max_advertise_interval, vrrp::Centiseconds(100));
  (void)thread.world.take_journal();
  thread.carry_out();
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 51 priority 200"}));
}

// Until then the kernel silences the addresses after the time that the shorter one had.
TEST(FinerFence, ALongerIntervalOfAnActiveGroupBeginsOnceItsWishWasTried) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.order({test::with_interval(group_plan(), 100)});
  EXPECT_EQ(thread.adverts_within(Seconds(2)), 8U);

  thread.carry_out();
  EXPECT_EQ(thread.adverts_within(Seconds(2)), 2U);
}

// Until then an advert leaves the addresses to be heard for the time that the longer one had: whoever counts
// from it must wait as long. The next advert after that is the one that tells the shorter.
TEST(FinerFence, AShorterIntervalOfAnActiveGroupIsToldOnceItsWishWasTried) {
  FencedThread thread;
  thread.become_active(test::with_interval(group_plan(), 100));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  thread.order({group_plan()});
  thread.adverts->sent.clear();
  thread.world.pass(Seconds(1));
  EXPECT_GE(thread.adverts->sent.size(), 4U) << "they leave as often as planned";
  for (const auto& sent : thread.adverts->sent) {
    EXPECT_EQ(sent.second.max_advertise_interval, vrrp::Centiseconds(100));
  }

  thread.adverts->sent.clear();
  thread.carry_out();
  ASSERT_EQ(thread.adverts->sent.size(), 1U);
  EXPECT_EQ(thread.adverts->sent.back().second.max_advertise_interval, vrrp::Centiseconds(25));
}

// Others with the plan of version 2 would take the longer one for no advert at all, and take over from a
// router that lives. What that leaves is a death before the table has followed.
TEST(FinerFence, AShorterIntervalOfVersion2IsToldAtOnce) {
  FencedThread thread;
  const auto version2 = [](plan::GroupPlan plan) {
    plan.vrrp_version = vrrp::Version::k2;
    return plan;
  };
  thread.become_active(version2(test::with_interval(group_plan(), 200)));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  thread.order({version2(test::with_interval(group_plan(), 100))});
  thread.adverts->sent.clear();
  thread.world.pass(Milliseconds(1100));
  ASSERT_FALSE(thread.adverts->sent.empty());
  EXPECT_EQ(thread.adverts->sent.front().second.max_advertise_interval, vrrp::Centiseconds(100));
}

// A kernel that refuses holds no fence that could silence them.
TEST(FinerFence, ALongerIntervalBeginsThoughTheKernelRefusesTheFence) {
  FencedThread thread;
  thread.order({group_plan()});
  thread.answer(thread.wished(), {}, "no egress hook");
  thread.world.pass(Seconds(2));
  thread.order({test::with_interval(group_plan(), 100)});
  thread.answer(thread.wished(), {}, "no egress hook");
  EXPECT_EQ(thread.adverts_within(Seconds(2)), 2U);
}

// Who hears the longer one waits as long, and so may we.
TEST(FinerFence, WhatAShorterPlanHasToldIsWhatTheDaemonCountsBy) {
  Hastened thread;
  thread.world.pass(Milliseconds(1000));
  thread.world.freeze(Milliseconds(1500));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  thread.carry_out();
  thread.world.freeze(Milliseconds(350));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

// FenceOverlap tells of it then.
TEST(FinerFence, AShorterIntervalIsToldThoughTheKernelKeepsTheTableAsItWas) {
  Hastened thread;
  thread.answer(thread.wished(), thread.before, "table is busy");
  thread.world.pass(Milliseconds(200));
  EXPECT_EQ(thread.told(), vrrp::Centiseconds(10));
  EXPECT_NE(thread.condition("FenceOverlap"), "");
}

// The kernel has the longer time until its table has followed, and from the advert that it is sent then on
// the shorter one; the daemon counts by the shorter one at once.
TEST(FinerFence, ARivalWhoIsStrongerNowShortensTheFenceAtOnce) {
  FencedThread thread;
  thread.become_active(group_plan());
  const auto strong = test::with_rival(group_plan(), 254);
  thread.order({strong});
  EXPECT_EQ(thread.wished().at(0).silent_after,
            address::silent_after(Milliseconds(250), strong.min_active_down_interval));
  (void)thread.world.take_journal();
  thread.carry_out();
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 51 priority 200"}));

  thread.order({test::with_rival(strong, 100)});
  thread.carry_out();
  thread.world.pass(Seconds(60));
  thread.carry_out();  // an advert leaves
  thread.world.freeze(Milliseconds(660));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster) << "100 waits for 0.902 s";
  thread.order({strong});
  thread.world.freeze(Milliseconds(660));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup) << "254 waits for 0.752 s";
}

// The other thread may hang until liveness ends the daemon (beat.h). Nothing but what is new waits for it.
TEST(FinerFence, WhereNobodyAnswersAnActiveGroupGoesOnAndEndsAsAlways) {
  FencedThread thread;
  thread.become_active(test::with_interval(group_plan(), 100));
  thread.order({test::with_addresses(group_plan(), {kB, kC})});
  thread.adverts->sent.clear();
  thread.world.pass(Seconds(60));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_GE(thread.adverts->sent.size(), 239U);
  EXPECT_EQ(thread.adverts->sent.back().second.max_advertise_interval, vrrp::Centiseconds(100));
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_TRUE(thread.world.has(2, kB));
  EXPECT_FALSE(thread.world.has(2, kC));

  thread.world.freeze(Seconds(4));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  thread.routers->stop([] {});
  EXPECT_EQ(thread.adverts->sent.back().second.priority, vrrp::kRelinquish);
  EXPECT_FALSE(thread.world.has(2, kB));
}

// Whoever has not taken the plan yet takes over by the one before.
TEST(FinerFence, ARivalWhoIsWeakerNowShortensTheFenceForAMinute) {
  FencedThread thread;
  thread.order({group_plan()});
  thread.carry_out();
  const auto before = thread.wished().at(0).silent_after;
  const auto weaker = test::with_rival(group_plan(), 50);
  thread.order({weaker});
  thread.world.pass(Milliseconds(59999));
  EXPECT_EQ(thread.wished().at(0).silent_after, before);
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.wished().at(0).silent_after,
            address::silent_after(Milliseconds(250), weaker.min_active_down_interval));
  EXPECT_GT(thread.wished().at(0).silent_after, before);
}

}  // namespace
}  // namespace fairlead::agent
