#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// What the vrrp thread makes of renewals that the kernel refuses: they are none (failure-model.md 1.2).
namespace fairlead::agent {
namespace {

const std::string kRefused = "fairlead_node_address_renewal_errors_total{cause=\"refused\"}";

// A renewal is left out while the last one is younger than 200 ms: the last one that the kernel took.
TEST(Renewal, ThatTheKernelRefusedIsTriedAgainAtTheNextBeat) {
  VrrpThread thread;
  thread.become_active(test::with_interval(group_plan(), 10));
  thread.world.unholdable = {kA, kB};
  thread.world.pass(Milliseconds(200));
  const double before = thread.metric(kRefused).value_or(0);
  EXPECT_GT(before, 0);
  thread.world.pass(Milliseconds(500));
  EXPECT_EQ(*thread.metric(kRefused) - before, 2 * 5);
  thread.world.unholdable.clear();
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(100));
  EXPECT_EQ(thread.lines("hold"), Journal({"hold 192.0.2.100 1s on 2", "hold 192.0.2.101 1s on 2"}));
  thread.world.pass(Milliseconds(100));
  EXPECT_EQ(thread.lines("hold").size(), 2U);
}

// Of one address alone: it runs out as if none had been renewed.
TEST(Renewal, ThatTheKernelTookOfSomeIsTriedAgainAtTheNextBeat) {
  VrrpThread thread;
  thread.become_active(test::with_interval(group_plan(), 10));
  thread.world.unholdable = {kB};
  thread.world.pass(Milliseconds(200));
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(500));
  EXPECT_EQ(thread.lines("hold 192.0.2.100").size(), 5U);
}

// Whoever may have lost them must not call hosts to itself: hear(0) is answered by an announcement, else.
TEST(Renewal, OnceRefusedForALifetimeNothingIsAnnounced) {
  for (const bool refused : {true, false}) {
    VrrpThread thread;
    thread.become_active(group_plan());
    if (refused) thread.world.unholdable = {kA, kB};
    thread.world.pass(Milliseconds(1000));
    (void)thread.world.take_journal();
    thread.hear(0);
    EXPECT_EQ(thread.state(), api::MemberState::kMaster);
    EXPECT_EQ(thread.lines("announce").size(), refused ? 0U : 2U);
  }
}

// FN-06 counts what others remove: not what the kernel would not keep and then took again.
TEST(Renewal, AnAddressThatRanOutSinceItWasRefusedIsRemovedByNobody) {
  VrrpThread thread;
  thread.become_active(group_plan());
  for (int i = 0; i < 40; ++i) {  // within half a minute
    thread.world.unholdable = {kB};
    thread.world.pass(Milliseconds(250));
    thread.world.remove(2, kB);
    thread.network->tell();
    thread.world.unholdable.clear();
    thread.world.pass(Milliseconds(250));
    ASSERT_TRUE(thread.world.has(2, kB));
  }
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.condition("AddressRemovedByOther"), "");
}

}  // namespace
}  // namespace fairlead::agent
