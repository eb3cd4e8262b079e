#include <gtest/gtest.h>

#include <algorithm>

#include "node/agent/virtual_routers.h"
#include "support/vrrp_thread.h"

// Peers whose list, order or interval is not ours (vrrp.md 1.11): obeyed all the same, and told of once it
// lasts, since members follow a change of plan one after the other.
namespace fairlead::agent {
namespace {

const net::IpAddress kMore = ip("192.0.2.102");

std::string odd(const std::string& what) {
  return "fairlead_node_vrrp_odd_adverts_total{group=\"a\",what=\"" + what + "\"}";
}

class DifferingPeer : public testing::Test {
 protected:
  DifferingPeer() { thread.run(group_plan()); }
  void hear_interval(int centiseconds) {
    thread.world.receive(
        2, ip("192.0.2.9"),
        {vrrp::VirtualRouterId(51), vrrp::Priority(250), vrrp::Centiseconds(centiseconds), {kA, kB}});
    thread.adverts->tell();
  }
  // How many conditions the group has, but for the one that every group at 250 ms has here.
  std::ptrdiff_t told() const {
    const auto& problems = thread.group().problems;
    return std::count_if(problems.begin(), problems.end(),
                         [](const auto& problem) { return problem.type != "FenceOverlap"; });
  }
  // The peer advertises this list for ten seconds: nothing is told before the last advert.
  void hear_for_ten_seconds(const std::vector<net::IpAddress>& list) {
    for (int i = 0; i < 40; ++i) {
      thread.hear_from("192.0.2.9", 250, list);
      EXPECT_EQ(told(), 0) << i;
      thread.world.pass(Milliseconds(250));
    }
    thread.hear_from("192.0.2.9", 250, list);
  }
  VrrpThread thread;
};

// VR-044.
TEST_F(DifferingPeer, WithAnotherListThatLastsIsACondition) {
  for (const auto& list : {std::vector{kA, kB, kMore}, std::vector{kA}, std::vector{kA, kMore}}) {
    hear_for_ten_seconds(list);
    EXPECT_EQ(thread.condition("AddressesDiffer"),
              "192.0.2.9 advertises another list of addresses than this group has");
    EXPECT_EQ(told(), 1);
    EXPECT_EQ(thread.state(), api::MemberState::kBackup);
    thread.hear(250);
    EXPECT_EQ(told(), 0);
  }
  EXPECT_EQ(thread.metric(odd("AddressesDiffer")), 3 * 41);
}

TEST_F(DifferingPeer, WithAnotherOrderThatLastsIsACondition) {
  hear_for_ten_seconds({kB, kA});
  EXPECT_EQ(thread.condition("AddressOrderDiffers"),
            "192.0.2.9 advertises the addresses in another order than this group");
  EXPECT_EQ(told(), 1);
  EXPECT_EQ(thread.metric(odd("AddressOrderDiffers")), 41);
}

// While Active, too: then it is a lower one that does not know better.
TEST_F(DifferingPeer, IsToldOfWhileActive) {
  thread.world.pass(Seconds(2));
  ASSERT_EQ(thread.state(), api::MemberState::kMaster);
  for (int i = 0; i < 41; ++i) {
    thread.hear_from("192.0.2.9", 100, {kA});
    if (i < 40) thread.world.pass(Milliseconds(250));
  }
  EXPECT_NE(thread.condition("AddressesDiffer"), "");
  EXPECT_EQ(thread.state(), api::MemberState::kMaster);
}

// A change that this member learns of later than the master, again and again.
TEST_F(DifferingPeer, WithAnotherListForMomentsIsNoCondition) {
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 8; ++j) {
      thread.hear_from("192.0.2.9", 250, {kA});
      EXPECT_EQ(told(), 0);
      thread.world.pass(Milliseconds(250));
    }
    thread.hear(250);
  }
  EXPECT_EQ(thread.metric(odd("AddressesDiffer")), 160);
}

// VR-043.
TEST_F(DifferingPeer, WithAnotherIntervalThatLastsIsACondition) {
  for (int i = 0; i < 21; ++i) {
    EXPECT_EQ(thread.condition("IntervalDiffers"), "");
    hear_interval(50);
    if (i < 20) thread.world.pass(Milliseconds(500));
  }
  EXPECT_EQ(thread.condition("IntervalDiffers"), "192.0.2.9 advertises at another interval than this group");
  EXPECT_EQ(thread.condition("IntervalMismatch"), "");  // not ten times ours
  EXPECT_EQ(thread.state(), api::MemberState::kBackup);
  hear_interval(25);
  EXPECT_EQ(thread.condition("IntervalDiffers"), "");
}

// Who falls silent is forgotten as every other.
TEST_F(DifferingPeer, WhoFallsSilentIsForgottenAfterTenSeconds) {
  hear_for_ten_seconds({kA});
  thread.world.pass(Milliseconds(9999));
  EXPECT_NE(thread.condition("AddressesDiffer"), "");
  thread.world.pass(Milliseconds(1));
  EXPECT_EQ(thread.condition("AddressesDiffer"), "");
}

// A stranger's addresses are his own business: one condition says it.
TEST_F(DifferingPeer, WhoSharesNoAddressIsAStrangerAndNothingElse) {
  for (int i = 0; i < 60; ++i) {
    thread.hear_from("192.0.2.8", 100, {kMore});
    thread.world.pass(Milliseconds(250));
  }
  EXPECT_EQ(told(), 1);
  EXPECT_NE(thread.condition("VRIDInUse"), "");
}

}  // namespace
}  // namespace fairlead::agent
