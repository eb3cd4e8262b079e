#include <gtest/gtest.h>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// The vrrp thread on interfaces that come and go, change their names, or cannot be listened on.
namespace fairlead::agent {
namespace {

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

TEST(Interface, RenamedAwayItsAddressesGoFromItAndItIsNoLongerListenedTo) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.interfaces[2].name = "eth9";
  thread.network->tell();
  EXPECT_EQ(thread.writes(), Journal({"leave 2", "release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kInitialize);
  EXPECT_EQ(problems(thread.group()).front(), "InterfaceMissing");
}

TEST(Interface, NamedAsBeforeTheGroupStartsThereAfterAnActiveDownInterval) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.interfaces[2].name = "eth9";
  thread.network->tell();
  thread.world.interfaces[2].name = "eth1";
  thread.network->tell();
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Milliseconds(800));
  EXPECT_FALSE(thread.world.has(2, kA));
  thread.world.pass(Milliseconds(10));
  EXPECT_TRUE(thread.world.has(2, kA));
}

// Two interfaces change their names before we look.
TEST(Interface, AnotherThatGetsTheGroupsNameIsItsInterfaceFromThenOn) {
  VrrpThread thread;
  thread.world.add_interface(3, "eth2", ip("192.0.2.3"));
  thread.become_active(group_plan());
  thread.world.interfaces[2].name = "eth2";
  thread.world.interfaces[3].name = "eth1";
  thread.network->tell();
  EXPECT_EQ(thread.writes(),
            Journal({"leave 2", "listen 3", "release 192.0.2.100 on 2", "release 192.0.2.101 on 2"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Seconds(1));
  EXPECT_TRUE(thread.world.has(3, kA));
  EXPECT_FALSE(thread.world.has(2, kA));
}

// Nothing on the host need change for a socket to be had again.
TEST(Interface, ThatCannotBeListenedOnIsTriedAgainEverySecondAndIsACondition) {
  VrrpThread thread;
  thread.world.listening_fails = true;
  thread.run(group_plan());
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

}  // namespace
}  // namespace fairlead::agent
