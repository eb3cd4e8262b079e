#include <gtest/gtest.h>

#include "support/vrrp_thread.h"

// FN-27: the kernel's duplicate address detection finds an address of ours on another node.
namespace fairlead::agent {
namespace {

// Who has the address the election says; a renewal would leave it useless.
TEST(Detection, AnAddressThatFailedDuplicateAddressDetectionIsMadeAgainAndAnnounced) {
  VrrpThread thread;
  thread.become_active(group_plan());
  thread.world.fail_detection(2, kA);
  thread.network->tell();
  EXPECT_EQ(thread.writes(),
            Journal({"release 192.0.2.100 on 2", "hold 192.0.2.100 1s on 2", "announce 192.0.2.100"}));
  EXPECT_EQ(thread.condition("DADFailed"), "192.0.2.100 found on another node by the kernel");
  EXPECT_EQ(thread.metric("fairlead_node_address_repairs_total{cause=\"duplicate\"}"), 1);
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// Somebody puts 192.0.2.100 back over and over so that the kernel looks for it elsewhere, and finds it.
void fail_detection_in_a_loop(VrrpThread& thread, int times) {
  for (int i = 0; i < times; ++i) {
    thread.world.fail_detection(2, kA);
    thread.network->tell();
  }
}

// A renewal does not make it usable, so the role is worth nothing here.
TEST(Detection, AnAddressThatFailsDetectionOverAndOverIsMadeAgainThirtyTimesThenTheRoleIsHandedOver) {
  VrrpThread thread;
  thread.become_active(group_plan());
  fail_detection_in_a_loop(thread, 30);
  EXPECT_EQ(thread.lines("hold 192.0.2.100").size(), 30U);
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  fail_detection_in_a_loop(thread, 1);
  EXPECT_EQ(thread.writes(),
            Journal({"release 192.0.2.100 on 2", "release 192.0.2.101 on 2", "advert 51 priority 0"}));
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  EXPECT_EQ(thread.group().last_transition->reason, "HandedOver");
  EXPECT_EQ(thread.condition("DADFailed"),
            "192.0.2.100 found on another node by the kernel; handed over, since it did not stop");
}

TEST(Detection, WhoeverGotTheRoleBackMakesSuchAnAddressAgainOnceTheMinuteIsOver) {
  VrrpThread thread;
  thread.become_active(group_plan());
  fail_detection_in_a_loop(thread, 31);
  ASSERT_EQ(thread.state(), api::MemberState::kBackup);
  thread.world.pass(Seconds(30));  // nobody else is there
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  (void)thread.world.take_journal();
  // As the kernel does it: a renewal leaves the address as it was found.
  thread.world.after_hold = [&] {
    if (thread.lines("release").empty()) thread.world.fail_detection(2, kA);
  };
  fail_detection_in_a_loop(thread, 1);
  thread.world.pass(Seconds(15));
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
  EXPECT_EQ(thread.lines("release"), Journal());
  thread.world.pass(Seconds(45));
  EXPECT_EQ(thread.lines("release"), Journal({"release 192.0.2.100 on 2"}));
  for (const auto& entry : thread.world.interfaces[2].addresses) EXPECT_FALSE(entry.dad_failed);
}

}  // namespace
}  // namespace fairlead::agent
