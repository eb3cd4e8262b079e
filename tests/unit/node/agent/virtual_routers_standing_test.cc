#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// What a virtual router stands on: links that are not believed yet, interfaces it depends on.
namespace fairlead::agent {
namespace {

const std::string kPriority = "fairlead_node_vrrp_priority{group=\"a\"}";

void set_link(VrrpThread& thread, int index, bool up) {
  thread.world.set_link(index, up);
  thread.network->tell();
}

plan::GroupPlan tracking(int weight) {
  plan::GroupPlan out = group_plan();
  out.tracked = {{"eth2", weight}};
  return out;
}

// Somebody replaces an address of interface 2.
void replace(VrrpThread& thread, const net::IpAddress& old, const net::IpAddress& by) {
  thread.world.remove(2, old);
  thread.world.interfaces[2].addresses.push_back({{by, 24}, false, true, true, false, false});
  thread.network->tell();
}

// VR-001: another primary address while Active.
TEST(Source, ThatIsReplacedIsFollowedByTheNextAdvertAndMovesNothingElse) {
  VrrpThread thread;
  thread.become_active(group_plan());
  EXPECT_EQ(thread.adverts->sources.back(), ip("192.0.2.1"));
  const auto before = thread.group().last_transition;
  const auto due = thread.world.alarm;
  replace(thread, ip("192.0.2.1"), ip("198.51.100.7"));
  EXPECT_EQ(thread.writes(), Journal());
  EXPECT_EQ(thread.world.alarm, due);
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("advert"), Journal({"advert 51 priority 200"}));
  EXPECT_EQ(thread.adverts->sources.back(), ip("198.51.100.7"));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.group().last_transition, before);
}

TEST(Source, ThatIsReplacedLeavesABackupsTimerAsItWas) {
  VrrpThread thread;
  thread.run(group_plan());
  const auto due = thread.world.alarm;
  replace(thread, ip("192.0.2.1"), ip("192.0.2.7"));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.world.alarm, due);
}

class Tracked : public testing::Test {
 protected:
  Tracked() { thread.world.add_interface(3, "eth2", ip("198.51.100.1")); }
  VrrpThread thread;
};

// A dependency, weight 0: without it the router is no candidate, and says so to the others while it can.
TEST_F(Tracked, OfWeightZeroDownMeansInitializeAndTheOthersAreInvited) {
  thread.become_active(tracking(0));
  set_link(thread, 3, false);
  EXPECT_EQ(thread.writes(),
            Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2", "advert 51 priority 0"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.condition("TrackedInterfaceDown"), "eth2 is missing, down or not believed yet");
  EXPECT_EQ(thread.group().last_transition->reason, "TrackedInterfaceDown");
  set_link(thread, 3, true);
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.condition("TrackedInterfaceDown"), "");
}

TEST_F(Tracked, OfWeightZeroMissingIsAsGoodAsDown) {
  thread.world.interfaces.erase(3);
  thread.order({tracking(0)});
  thread.ready({kA, kB});
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_NE(thread.condition("TrackedInterfaceDown"), "");
}

TEST_F(Tracked, OfPositiveWeightCountsWhileUp) {
  thread.become_active(tracking(20));
  EXPECT_EQ(thread.group().priority, 220);
  set_link(thread, 3, false);
  EXPECT_EQ(thread.group().priority, 200);
  EXPECT_EQ(thread.metric(kPriority), 200);
}

TEST_F(Tracked, OfNegativeWeightCountsWhileDownAndTheAdvertsSaySoFromThenOn) {
  thread.become_active(tracking(-60));
  EXPECT_EQ(thread.group().priority, 200);
  set_link(thread, 3, false);
  EXPECT_EQ(thread.group().priority, 140);
  EXPECT_EQ(thread.metric(kPriority), 140);
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.writes(), Journal());  // with the next beat, no sooner
  thread.world.pass(Milliseconds(250));
  EXPECT_EQ(thread.lines("advert"), Journal({"advert 51 priority 140"}));
  thread.hear(150);
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST_F(Tracked, WeightsStayWithin1And254) {
  for (const auto& [weight, up, priority] :
       {std::tuple{253, true, 254}, std::tuple{-253, false, 1}, std::tuple{-253, true, 200}}) {
    VrrpThread other;
    other.world.add_interface(3, "eth2", ip("198.51.100.1"));
    other.world.interfaces[3].up = up;
    other.order({tracking(weight)});
    EXPECT_EQ(other.group().priority, priority) << weight;
  }
}

TEST_F(Tracked, InterfacesAddUp) {
  thread.world.add_interface(4, "eth3", ip("198.51.100.2"));
  auto plan = tracking(-30);
  plan.tracked.push_back({"eth3", -40});
  thread.become_active(plan);
  set_link(thread, 3, false);
  set_link(thread, 4, false);
  EXPECT_EQ(thread.group().priority, 130);
}

plan::GroupPlan slow_port() {
  plan::GroupPlan out = group_plan();
  out.link_up_delay = Seconds(30);
  return out;
}

// FN-05: a port that came up may be deaf; a second master on it would be the answer.
TEST(LinkUpDelay, ALinkThatComesUpIsNotBelievedForSoLong) {
  VrrpThread thread;
  thread.become_active(slow_port());
  set_link(thread, 2, false);
  set_link(thread, 2, true);
  EXPECT_EQ(thread.condition("LinkUpDelay"), "eth1 came up less than 30000 ms ago");
  (void)thread.world.take_journal();
  thread.world.pass(Milliseconds(29999));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(thread.writes(), Journal());
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.condition("LinkUpDelay"), "");
  thread.world.pass(Milliseconds(804));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);  // with a full Active_Down_Interval
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

TEST(LinkUpDelay, BeginsAnewWithEachFlap) {
  VrrpThread thread;
  thread.become_active(slow_port());
  for (int i = 0; i < 5; ++i) {
    set_link(thread, 2, false);
    set_link(thread, 2, true);
    thread.world.pass(Seconds(29));
    ASSERT_EQ(thread.state(), api::MemberState::kInitialize) << i;
  }
  thread.world.pass(Seconds(2));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Down and up between two looks: the kernel's count tells.
TEST(LinkUpDelay, AFlapThatNobodySawCountsToo) {
  VrrpThread thread;
  thread.become_active(slow_port());
  thread.world.set_link(2, false);
  set_link(thread, 2, true);
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_NE(thread.condition("LinkUpDelay"), "");
}

TEST(LinkUpDelay, ALinkThatIsUpWhenTheDaemonStartsIsBelieved) {
  VrrpThread thread;
  thread.order({slow_port()});
  thread.ready({kA, kB});
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(LinkUpDelay, HoldsForTrackedInterfacesToo) {
  VrrpThread thread;
  thread.world.add_interface(3, "eth2", ip("198.51.100.1"));
  auto plan = slow_port();
  plan.tracked = {{"eth2", 0}};
  thread.become_active(plan);
  set_link(thread, 3, false);
  set_link(thread, 3, true);
  EXPECT_NE(thread.condition("TrackedInterfaceDown"), "");
  thread.world.pass(Seconds(31));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Without a delay the others have not missed us: they need to learn no more than where the address is.
TEST(LinkFlap, ThatNobodySawIsFollowedByAnAnnouncementOnly) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.set_link(2, false);
  set_link(thread, 2, true);
  EXPECT_EQ(thread.writes(), Journal({"announce 192.0.2.100", "announce 192.0.2.101"}));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// FN-05: 30 quick flaps.
TEST(LinkFlap, ThirtyTimesMakesNoAdvertAndLeavesOneRouter) {
  VrrpThread thread;
  thread.become_active(group_plan());
  for (int i = 0; i < 30; ++i) {
    set_link(thread, 2, false);
    thread.world.pass(Milliseconds(20));
    set_link(thread, 2, true);
    thread.world.pass(Milliseconds(20));
  }
  EXPECT_EQ(thread.writes(), Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  thread.world.pass(Seconds(1));
  EXPECT_EQ(thread.lines("advert").size(), 4U);
}

// FN-23: an advert is never sent in pieces.
TEST(TooManyAddresses, ForTheMtuKeepTheRouterOutAndTheNumberIsTold) {
  VrrpThread thread;
  thread.world.interfaces[2].mtu = 32;  // room for one
  thread.run(group_plan());
  thread.world.pass(Seconds(5));
  EXPECT_EQ(thread.writes(), Journal({"listen 2"}));
  EXPECT_EQ(thread.condition("TooManyAddresses"),
            "2 addresses, but an advert can list 1 at the MTU 32 of eth1");
  thread.world.interfaces[2].mtu = 1500;
  thread.network->tell();
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(TooManyAddresses, ExcludedOnesDoNotCount) {
  VrrpThread thread;
  thread.world.interfaces[2].mtu = 32;
  auto plan = group_plan();
  plan.addresses = {kA};
  plan.excluded = {kB};
  thread.order({plan});
  thread.ready({kA, kB});
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
}

TEST(TooManyAddresses, AfterTheMtuShrankTheOthersAreInvited) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.interfaces[2].mtu = 32;
  thread.network->tell();
  EXPECT_EQ(thread.group().last_transition->reason, "TooManyAddresses");
  EXPECT_EQ(thread.lines("release").size(), 2U);
  EXPECT_EQ(thread.lines("advert"), Journal({"advert 51 priority 0"}));
}

}  // namespace
}  // namespace fairlead::agent
