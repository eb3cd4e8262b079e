#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/fenced_thread.h"

// The vrrp thread where the kernel refuses what a new plan asks of the finer fence, and keeps the table of an
// earlier one, which goes on silencing addresses.
namespace fairlead::agent {
namespace {

using test::FencedThread;

// The table of before goes on silencing the addresses after the time of the shorter one.
TEST(FenceRefused, ALongerIntervalWaitsWhileTheKernelRefusesWhatGoesWithIt) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.order_refused(test::with_interval(group_plan(), 100));
  EXPECT_EQ(thread.adverts_within(Seconds(2)), 8U);

  thread.carry_out();
  EXPECT_EQ(thread.adverts_within(Seconds(2)), 2U);
}

// It was no master while the plan changed.
TEST(FenceRefused, WhoeverTakesOverThenAdvertisesAtTheShorterIntervalToo) {
  FencedThread thread;
  thread.order({group_plan()});
  thread.carry_out();
  thread.hear(220);
  thread.order_refused(test::with_interval(group_plan(), 100));
  thread.world.pass(Seconds(6));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.adverts_within(Seconds(2)), 8U);
}

TEST(FenceRefused, WhatTheKernelRefusesAndHasOfAnEarlierPlanIsSaidAsItIs) {
  FencedThread thread;
  thread.become_active(test::with_addresses(group_plan(), {kA}));
  thread.order_refused(group_plan());
  EXPECT_TRUE(thread.world.has(2, kB));
  EXPECT_EQ(thread.condition("FenceOverlap"),
            "1.3 s for 192.0.2.101, since the kernel keeps it as it was: busy");
}

// From the moment the table follows, its time is that of the plan.
TEST(FenceRefused, WhenTheKernelTakesItAtLastAnActiveGroupAdvertisesAtOnce) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.order_refused(test::with_interval(group_plan(), 100));
  thread.world.pass(Milliseconds(300));
  (void)thread.world.take_journal();
  thread.carry_out();
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 51 priority 200"}));
}

// In the table it is new, and silent until an advert leaves.
TEST(FenceRefused, WhatTheKernelHadNothingOfAdvertisesAtOnceWhenItIsTaken) {
  FencedThread thread;
  thread.order({group_plan()});
  thread.answer(thread.wished(), {}, "busy");
  thread.world.pass(Seconds(2));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  thread.carry_out();
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 51 priority 200"}));
}

// Only the other group's adverts make it heard, and there are none: another member is to have it.
TEST(FenceRefused, AnAddressThatTheKernelKeepsForAnotherGroupIsNotHeld) {
  FencedThread thread;
  thread.become_active(test::with_addresses(group_plan(), {kA}));
  auto other = thread.wished().at(0);
  other.key.vrid = vrrp::VirtualRouterId(52);
  other.addresses = {kB};
  auto held = thread.wished();
  held.push_back(other);
  thread.order({group_plan()});
  thread.answer(thread.wished(), held, "busy");
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_FALSE(thread.world.has(2, kB));
  EXPECT_FALSE(thread.group().programmed);
  EXPECT_EQ(thread.condition("AddressSilenced"),
            "192.0.2.101 is silenced by what the kernel keeps of the finer fence: busy");

  thread.carry_out();
  EXPECT_TRUE(thread.world.has(2, kB));
  EXPECT_EQ(thread.condition("AddressSilenced"), "");
}

}  // namespace
}  // namespace fairlead::agent
