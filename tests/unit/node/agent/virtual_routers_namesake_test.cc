#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// FN-18: two live daemons of one node name go to priority 1, so that any other member comes before both.
namespace fairlead::agent {
namespace {

TEST(DuplicateNode, AdvertisesPriorityOneFromTheNextAdvertOn) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.routers->namesake("c7d2");
  EXPECT_EQ(thread.group().priority, 1);
  thread.world.pass(Milliseconds(500));
  EXPECT_EQ(thread.lines("advert"), Journal(2, "advert 51 priority 1"));
  EXPECT_EQ(thread.condition("DuplicateNode"),
            "another live daemon (instance c7d2) writes as this node: both run at priority 1");
}

// Its priority was 200.
TEST(DuplicateNode, YieldsToAnyOtherMember) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.hear(50);
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  thread.routers->namesake("c7d2");
  thread.hear(50);
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(DuplicateNode, StillHoldsTheAddressesIfThereIsNobodyElse) {
  VrrpThread thread;
  thread.routers->namesake("c7d2");
  thread.become_active(group_plan());
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.group().priority, 1);
}

TEST(DuplicateNode, HasItsPriorityBackWhenTheOtherIsGone) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.routers->namesake("c7d2");
  thread.routers->namesake("");
  EXPECT_EQ(thread.group().priority, 200);
  EXPECT_EQ(thread.condition("DuplicateNode"), "");
}

TEST(DuplicateNode, ThatIsToldTwiceWritesNothing) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.routers->namesake("c7d2");
  const std::size_t reports = thread.reports.size();
  (void)thread.world.take_journal();
  thread.routers->namesake("c7d2");
  EXPECT_EQ(thread.reports.size(), reports);
  EXPECT_EQ(thread.writes(), Journal());
}

// The owner cannot have another priority (RFC 9568 5.2.4); the condition is there all the same.
TEST(DuplicateNode, ThatOwnsTheAddressesKeepsPriority255) {
  VrrpThread thread;
  auto plan = group_plan();
  plan.priority = vrrp::kOwner;
  for (const auto& address : plan.addresses) {
    thread.world.interfaces[2].addresses.push_back({{address, 24}, false, true, true, false, false});
  }
  thread.network->tell();
  thread.become_active(plan);
  thread.routers->namesake("c7d2");
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("advert"), Journal(1, "advert 51 priority 255"));
  EXPECT_NE(thread.condition("DuplicateNode"), "");
}

}  // namespace
}  // namespace fairlead::agent
