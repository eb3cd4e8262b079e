#include "node/agent/virtual_router_fence.h"

#include <gtest/gtest.h>

#include "support/vrrp_thread.h"

// What the vrrp thread wishes of the finer fence, and what it makes of the answer (failure-model.md 10.2).
namespace fairlead::agent {
namespace {

address::Interfaces with_eth1(int index) {
  test::VrrpWorld world;
  world.add_interface(index, "eth1", ip("192.0.2.1"));
  return world.interfaces;
}

std::optional<filter::FencedGroup> wished(const plan::GroupPlan& plan, const std::set<net::IpAddress>& held,
                                          const address::Interfaces& interfaces) {
  return fence_wish(plan, plan.min_active_down_interval, held, interfaces,
                    address::foreign_holders(interfaces));
}

// Priority 150 at 250 ms waits 853.515 ms; less 20 ms for the kernel's ticks.
TEST(FenceWish, IsTheGroupOnItsInterfaceWithItsTime) {
  const filter::FencedGroup expected{{7, net::Family::kIPv4, vrrp::VirtualRouterId(51)},
                                     "eth1",
                                     {kA, kB},
                                     Milliseconds(833),
                                     Milliseconds(250)};
  EXPECT_EQ(wished(group_plan(), {}, with_eth1(7)), expected);
}

// While the vrrp thread moves, its last turn is less than an interval old, and the next advert opens the
// rest.
TEST(FenceWish, PutBackItIsHeardUntilItsNextAdvert) {
  for (const int centiseconds : {1, 5, 10, 25, 100, 4095}) {
    const auto plan = test::with_interval(group_plan(), centiseconds);
    const auto wish = wished(plan, {}, with_eth1(7));
    const auto table = filter::fence_table({*wish});
    const auto& group = table.groups.at(wish->key);
    const Microseconds interval(plan.advertise_interval);
    for (const Microseconds idle : {Microseconds(0), interval / 2, interval}) {
      EXPECT_GE(filter::reopened_for(group, idle), interval - idle) << centiseconds;
    }
  }
}

TEST(FenceWish, HasTheAddressesThatAdvertsDoNotListToo) {
  auto plan = group_plan();
  plan.excluded = {ip("192.0.2.102")};
  EXPECT_TRUE(wished(plan, {}, with_eth1(2))->addresses.contains(ip("192.0.2.102")));
}

TEST(FenceWish, HasAnAddressThatLeftThePlanAndIsStillThere) {
  auto plan = group_plan();
  plan.addresses = {kA};
  EXPECT_EQ(wished(plan, {kB}, with_eth1(2))->addresses, (std::set{kA, kB}));
}

// I-6: whoever configured it is to be heard.
TEST(FenceWish, LeavesAnAddressAloneThatSomebodyElseConfiguredHere) {
  auto interfaces = with_eth1(2);
  interfaces[2].addresses.push_back({{kB, 24}, false, true, true, false, false});
  EXPECT_EQ(wished(group_plan(), {}, interfaces)->addresses, std::set{kA});
}

TEST(FenceWish, IsNothingWithoutTheInterface) { EXPECT_EQ(wished(group_plan(), {}, {}), std::nullopt); }

TEST(FenceWish, IsNothingForAnOwnerWhoseAddressesStay) {
  auto plan = group_plan();
  plan.priority = vrrp::kOwner;
  EXPECT_EQ(wished(plan, {}, with_eth1(2)), std::nullopt);
}

// An advert to a peer whose neighbour entry is not resolved never reaches the egress hook.
TEST(FenceWish, IsNothingForAGroupWithNamedPeers) {
  auto plan = group_plan();
  plan.unicast = plan::Unicast{};
  EXPECT_EQ(wished(plan, {}, with_eth1(2)), std::nullopt);
}

class Standing : public testing::Test {
 protected:
  const std::optional<filter::FencedGroup> wish = wished(group_plan(), {}, with_eth1(2));
};

TEST_F(Standing, AWishIsAwaitedUntilItWasTried) {
  EXPECT_EQ(fence_standing(wish, FenceReport{}), (FenceStanding{true, false, "", {}, {}}));
}

TEST_F(Standing, AWishThatWasCarriedOutIsHeld) {
  EXPECT_EQ(fence_standing(wish, FenceReport{{*wish}, {*wish}, ""}),
            (FenceStanding{false, true, "", {}, {}}));
}

TEST_F(Standing, OneThatTheKernelRefusedIsNotAwaited) {
  EXPECT_EQ(fence_standing(wish, FenceReport{{*wish}, {}, "no egress hook"}),
            (FenceStanding{false, false, "no egress hook", {}, {}}));
}

// The kernel has the group, with one address less: that stands.
TEST_F(Standing, AnEarlierWishIsNotThisOne) {
  auto earlier = *wish;
  earlier.addresses = {kA};
  EXPECT_EQ(fence_standing(wish, FenceReport{{earlier}, {earlier}, ""}),
            (FenceStanding{true, false, "", earlier, {}}));
  EXPECT_EQ(fence_standing(wish, FenceReport{{*wish}, {earlier}, "busy"}),
            (FenceStanding{false, false, "busy", earlier, {}}));
}

// Only adverts of the other group make it heard.
TEST_F(Standing, AnAddressThatTheKernelHasForAGroupThatWishesItNoLongerIsSilenced) {
  auto other = *wish;
  other.key.vrid = vrrp::VirtualRouterId(52);
  other.addresses = {kB, kC};
  EXPECT_EQ(fence_standing(wish, FenceReport{{*wish}, {other}, "busy"}),
            (FenceStanding{false, false, "busy", std::nullopt, {kB}}));
  EXPECT_EQ(fence_standing(wish, FenceReport{{other}, {other}, ""}),
            (FenceStanding{true, false, "", {}, {}}));
  // As link-local ones on several segments: both groups name it.
  EXPECT_EQ(fence_standing(wish, FenceReport{{*wish, other}, {other}, "busy"}),
            (FenceStanding{false, false, "busy", std::nullopt, {}}));
}

std::string overlap(const plan::GroupPlan& plan, const FenceStanding& fence) {
  const auto problem = fence_overlap(plan, Seconds(1), fence);
  return problem ? problem->message : "";
}

TEST_F(Standing, WithoutAFenceTheOverlapIsThatOfTheLifetime) {
  EXPECT_EQ(overlap(group_plan(), {}), "1.3 s");
  EXPECT_EQ(overlap(group_plan(), {true, false, "", {}, {}}), "1.3 s");
  EXPECT_EQ(overlap(group_plan(), {false, false, "busy", {}, {}}), "1.3 s, without the finer fence: busy");
  EXPECT_EQ(overlap(group_plan(), {false, true, "", {}, {}}), "");
}

TEST_F(Standing, WhereAnEarlierFenceStandsOnlyWhatItDoesNotNameOverlaps) {
  auto earlier = *wish;
  earlier.addresses = {kA};
  EXPECT_EQ(overlap(group_plan(), {false, false, "busy", earlier, {}}),
            "1.3 s for 192.0.2.101, since the kernel keeps it as it was: busy");
  earlier.addresses = {kA, kB, kC};
  EXPECT_EQ(overlap(group_plan(), {false, false, "busy", earlier, {}}), "");
  EXPECT_EQ(overlap(group_plan(), {true, false, "", earlier, {}}), "");
}

// 1 s adverts: heard for 1 s after the last one, where ADI_min is 0.853 s now.
TEST_F(Standing, WhereTheEarlierFenceHasALongerTimeThatMuchOverlaps) {
  auto earlier = *wish;
  earlier.silent_after = Milliseconds(1000);
  EXPECT_EQ(overlap(group_plan(), {false, false, "busy", earlier, {}}),
            "0.2 s by the finer fence of an earlier plan, since the kernel keeps it as it was: busy");
  earlier.silent_after = Seconds(9);
  EXPECT_EQ(overlap(group_plan(), {false, false, "busy", earlier, {}}),
            "1.3 s by the finer fence of an earlier plan, since the kernel keeps it as it was: busy");
}

TEST_F(Standing, WhereNobodyTriesOrNothingIsWishedNothingIsAwaited) {
  EXPECT_EQ(fence_standing(wish, std::nullopt), FenceStanding{});
  EXPECT_EQ(fence_standing(std::nullopt, FenceReport{}), FenceStanding{});
}

TEST_F(Standing, AGroupThatIsGoneStaysWishedWithWhatCouldNotBeRemoved) {
  auto left = *wish;
  left.addresses = {kB};
  EXPECT_EQ(fence_wishes({}, {*wish}, {kB}), std::vector{left});
  EXPECT_TRUE(fence_wishes({}, {*wish}, {}).empty());
}

TEST_F(Standing, AnAddressThatMovedToAnotherGroupIsWishedOnce) {
  auto other = *wish;
  other.key.vrid = vrrp::VirtualRouterId(52);
  EXPECT_EQ(fence_wishes({other}, {*wish}, {kA, kB}), std::vector{other});
}

TEST_F(Standing, AGroupThatLivesIsWishedAsItIsNow) {
  auto less = *wish;
  less.addresses = {kA};
  EXPECT_EQ(fence_wishes({less}, {*wish}, {kA, kB}), std::vector{less});
}

}  // namespace
}  // namespace fairlead::agent
