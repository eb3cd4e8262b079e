#include <gtest/gtest.h>

#include <algorithm>

#include "node/agent/virtual_routers.h"
#include "support/fenced_thread.h"

// The vrrp thread and the finer fence: no VIP before the fence is settled, adverts that open it and adverts
// that obey it, and the end of a mastership whose adverts do not leave (failure-model.md 1.2, 10.2).
namespace fairlead::agent {
namespace {

using test::FencedThread;
using wire::Fence;

TEST(FinerFence, AGroupWaitsUntilItsWishWasTried) {
  FencedThread thread;
  thread.order({group_plan()});
  ASSERT_EQ(thread.wished().size(), 1U);
  const auto wish = thread.wished();
  thread.answer({}, {});
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_FALSE(thread.group().programmed);

  thread.answer(wish, wish);
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_TRUE(thread.group().programmed);
}

TEST(FinerFence, WithItNothingOverlaps) {
  FencedThread thread;
  thread.become_active(group_plan());
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.condition("FenceOverlap"), "");
}

TEST(FinerFence, WhereTheKernelRefusesItTheGroupRunsWithoutItAndSaysSo) {
  FencedThread thread;
  thread.order({group_plan()});
  thread.answer(thread.wished(), {}, "no egress hook");
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.condition("FenceOverlap"), "1.3 s, without the finer fence: no egress hook");
}

TEST(FinerFence, ANewAddressOfAnActiveGroupWaitsAndTheOthersGoOn) {
  FencedThread thread;
  thread.become_active(test::with_addresses(group_plan(), {kA}));
  thread.order({group_plan()});
  const auto wish = thread.wished();
  ASSERT_EQ(wish.at(0).addresses, (std::set{kA, kB}));
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.world.has(2, kA));
  EXPECT_FALSE(thread.world.has(2, kB));

  thread.answer(wish, wish);
  EXPECT_TRUE(thread.world.has(2, kB));
}

// What the forwarding thread judges a thread that hangs by, when it puts the fence back.
TEST(FinerFence, EachTurnIsNotedWhenItsAdvertsAreOut) {
  FencedThread thread;
  EXPECT_EQ(LastTurn().ago(thread.world.now), Seconds(1000));
  EXPECT_EQ(thread.last_turn.ago(thread.world.now), Microseconds(0));
  thread.become_active(group_plan());
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  for (int i = 0; i < 20; ++i) {
    thread.world.pass(Milliseconds(100));
    EXPECT_LE(thread.last_turn.ago(thread.world.now), Milliseconds(250));
  }
}

// A call that takes its time, or a freeze in one: what fell due meanwhile was not tried.
TEST(FinerFence, ATurnIsNotedAtItsEndAndAsOfItsBeginning) {
  FencedThread thread;
  thread.become_active(group_plan());
  std::optional<Microseconds> in_send;
  thread.world.before_send = [&] {
    thread.world.now += Milliseconds(120);
    if (!in_send) in_send = thread.last_turn.ago(thread.world.now);
  };
  const auto until_due = [&] { return std::max(*thread.world.alarm - thread.world.now, Microseconds(0)); };
  while (!in_send) thread.world.freeze(until_due());
  EXPECT_EQ(*in_send, Milliseconds(250 + 120)) << "the turn of the advert before";
  EXPECT_EQ(thread.last_turn.ago(thread.world.now), Milliseconds(120));
}

// Another interface of that name: the fence hangs on the one that is gone.
TEST(FinerFence, OnAnInterfaceThatWasMadeAnewTheGroupWaits) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.world.interfaces.clear();
  thread.world.add_interface(3, "eth1", ip("192.0.2.1"));
  thread.network->tell();
  EXPECT_EQ(thread.wished().at(0).key.interface, 3);
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);

  thread.carry_out();
  thread.world.pass(Seconds(2));
  EXPECT_TRUE(thread.world.has(3, kA));
}

// Before a new address is held, so that none is heard for longer than the last advert allows.
TEST(FinerFence, WhenItHasFollowedTheAdvertComesBeforeTheNewAddress) {
  FencedThread thread;
  thread.become_active(test::with_addresses(group_plan(), {kA}));
  thread.order({group_plan()});
  (void)thread.world.take_journal();
  thread.carry_out();
  const Journal writes = thread.writes();
  const auto advert = std::find(writes.begin(), writes.end(), "advert 51 priority 200");
  const auto hold = std::find(writes.begin(), writes.end(), "hold 192.0.2.101 1s on 2");
  ASSERT_NE(hold, writes.end());
  EXPECT_LT(advert, hold);
}

TEST(FinerFence, AnAnswerThatTellsNothingNewCostsNoAdvert) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.carry_out();
  EXPECT_EQ(thread.writes(), Journal());
}

TEST(FinerFence, OfAGroupThatLeftItGoesWithTheLastAddress) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.order({});
  ASSERT_EQ(thread.wished().size(), 1U);
  EXPECT_EQ(thread.wished().at(0).addresses, (std::set{kA, kB}));

  thread.world.releases_fail = false;
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.wished().empty());
}

// An advert to a peer that is dead never leaves: the only router left must not be silent for that.
TEST(FinerFence, OfAnActiveGroupWhosePeersAreNamedNowIsGone) {
  FencedThread thread;
  thread.become_active(group_plan());
  auto named = group_plan();
  named.unicast = plan::Unicast{std::nullopt, {{ip("192.0.2.9"), 255}}};
  ++named.version.generation;
  thread.order({named});
  EXPECT_TRUE(thread.wished().empty());
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_TRUE(thread.world.has(2, kA));
}

TEST(FinerFence, AfterAHandOverNothingIsWishedAnyMore) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.routers->stop([] {});
  EXPECT_TRUE(thread.wished().empty());
}

TEST(FinerFence, AHandOverThatLeavesAnAddressLeavesTheFenceOverIt) {
  FencedThread thread;
  thread.become_active(group_plan());
  thread.world.releases_fail = true;
  thread.routers->stop([] {});
  ASSERT_EQ(thread.wished().size(), 1U);
  EXPECT_EQ(thread.wished().at(0).addresses, (std::set{kA, kB}));
}

TEST(AdvertAndFence, TheFirstOfAMastershipOpensItAndTheOthersObey) {
  VrrpThread thread;
  thread.run(group_plan());
  thread.world.pass(Milliseconds(1400));
  ASSERT_GE(thread.adverts->fences.size(), 3U);
  EXPECT_EQ(thread.adverts->fences.front(), Fence::kOpens);
  for (std::size_t i = 1; i < thread.adverts->fences.size(); ++i) {
    EXPECT_EQ(thread.adverts->fences[i], Fence::kObeys);
  }
}

TEST(AdvertAndFence, TheFirstOfTheNextMastershipOpensItAgain) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.hear(250);
  ASSERT_EQ(thread.state(), api::MemberState::kBackup);
  thread.adverts->fences.clear();
  thread.world.fence_is_shut = true;
  thread.world.pass(Seconds(1));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.adverts->fences.front(), Fence::kOpens);
}

// The table was made anew, or the daemon was: the clock says that nobody else can be Active.
TEST(AdvertAndFence, WhatIsHeldBackInTimeIsSentAgainAndOpens) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.adverts->fences.clear();
  thread.world.fence_is_shut = true;
  thread.world.pass(Milliseconds(500));
  EXPECT_EQ(thread.adverts->fences, (std::vector{Fence::kOpens, Fence::kObeys}));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.condition("AdvertsNotSent"), "");
}

// They have no finer fence: what does not leave for one is not sent to the others twice.
TEST(AdvertAndFence, ToNamedPeersLeavesOnceForEachThoughOneCannotBeReached) {
  VrrpThread thread;
  auto named = group_plan();
  named.unicast = plan::Unicast{std::nullopt, {{ip("192.0.2.8"), 255}, {ip("192.0.2.9"), 255}}};
  thread.become_active(named);
  thread.adverts->fences.clear();
  thread.world.unreachable = {ip("192.0.2.8")};
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("advert "), Journal({"advert 51 priority 200"}));
  EXPECT_EQ(thread.adverts->fences, std::vector{Fence::kOpens});
  EXPECT_EQ(thread.condition("AdvertsNotSent"), "advert on interface: ENETUNREACH");
}

// FN-35: frozen after the last look at the clock. The kernel did not sleep.
TEST(AdvertAndFence, WhatIsHeldBackTooLateEndsTheMastership) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.adverts->fences.clear();
  thread.world.before_send = [&] {
    thread.world.now += Seconds(5);
    thread.world.fence_is_shut = true;
    thread.world.before_send = nullptr;
  };
  thread.world.pass(Milliseconds(250));
  EXPECT_TRUE(thread.adverts->fences.empty());
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

// ADI_min - 0.1 s is 753.5 ms: between the third beat and the fourth.
TEST(AdvertAndFence, AdvertsThatDoNotLeaveEndTheMastershipWhenTheFenceSaysAndNotABeatLater) {
  VrrpThread thread;
  thread.become_active(group_plan());
  const TimePoint begun = thread.world.now;
  while (thread.lines("advert ").empty()) thread.world.pass(Milliseconds(1));
  const TimePoint last = thread.world.now;
  ASSERT_LT(last - begun, Milliseconds(300));
  thread.world.sends_fail = true;
  thread.world.pass(Milliseconds(752));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  thread.world.pass(Milliseconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_FALSE(thread.world.has(2, kA));
  EXPECT_EQ(thread.group().last_transition->reason, "FenceExpired");
}

}  // namespace
}  // namespace fairlead::agent
