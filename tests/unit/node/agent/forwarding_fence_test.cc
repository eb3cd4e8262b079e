#include "node/agent/forwarding_fence.h"

#include <gtest/gtest.h>

#include "lib/sys/loop.h"
#include "support/captured_log.h"
#include "support/fake_fence.h"

// The forwarding thread's care for nft table netdev fairlead_fence.
namespace fairlead::agent {
namespace {

using Groups = std::vector<filter::FencedGroup>;

const TimePoint kStart{Seconds(1000)};
const Error kBusy = fail(Code::kUnavailable, "table netdev fairlead_fence: no answer");
const Error kMissing = fail(Code::kNotFound, "table netdev fairlead_fence: no egress hook");

filter::FencedGroup group(int vrid) {
  return {{2, net::Family::kIPv4, vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid))},
          "eth1",
          {*net::parse_address("192.0.2." + std::to_string(vrid))},
          Milliseconds(833)};
}

class FencedForwarding : public testing::Test {
 protected:
  double gauge(const std::string& name) const {
    const std::string text = "\n" + registry.render();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  sys::Metrics registry;
  ForwardingMetrics metrics{registry};
  test::FakeFence kernel;
  ForwardingFence fence{kernel, metrics};
};

TEST_F(FencedForwarding, WhatIsWishedIsTriedOnce) {
  EXPECT_TRUE(fence.hold({group(51)}));
  EXPECT_FALSE(fence.hold({group(51)}));
  EXPECT_EQ(kernel.applied, 1);
  EXPECT_EQ(fence.report(), (FenceReport{{group(51)}, {group(51)}, ""}));
  EXPECT_EQ(gauge("fairlead_node_fenced_groups"), 1);
  EXPECT_EQ(gauge("fairlead_node_unfenced_groups"), 0);
}

// A table that a dead run left is removed by that.
TEST_F(FencedForwarding, TheFirstWishIsTriedThoughItIsEmpty) {
  EXPECT_TRUE(fence.hold({}));
  EXPECT_EQ(kernel.applied, 1);
}

TEST_F(FencedForwarding, BeforeTheFirstWishNothingIsTouched) {
  EXPECT_FALSE(fence.check(kStart));
  EXPECT_EQ(kernel.repairs, 0);
}

TEST_F(FencedForwarding, WhatTheKernelRefusesIsToldAndWhatItHasIsKept) {
  fence.hold({group(51)});
  kernel.fails = kBusy;
  EXPECT_TRUE(fence.hold({group(51), group(52)}));
  EXPECT_EQ(fence.report(), (FenceReport{{group(51), group(52)}, {group(51)}, kBusy.message}));
  EXPECT_EQ(gauge("fairlead_node_unfenced_groups"), 1);
}

TEST_F(FencedForwarding, ARefusalIsTriedAgainAfterTwoSeconds) {
  kernel.fails = kBusy;
  fence.hold({group(51)});
  const TimePoint failed = sys::now();
  kernel.fails.reset();
  EXPECT_FALSE(fence.check(failed + Milliseconds(1900)));
  EXPECT_EQ(kernel.repairs, 0);
  EXPECT_TRUE(fence.check(failed + Milliseconds(2000)));
  EXPECT_EQ(fence.report(), (FenceReport{{group(51)}, {group(51)}, ""}));
}

TEST_F(FencedForwarding, AKernelWithoutWhatItNeedsIsAskedTwiceAMinute) {
  kernel.fails = kMissing;
  fence.hold({group(51)});
  const TimePoint failed = sys::now();
  fence.check(failed + Seconds(29));
  EXPECT_EQ(kernel.repairs, 0);
  EXPECT_FALSE(fence.check(failed + Seconds(31)));
  EXPECT_EQ(kernel.repairs, 1);
}

TEST_F(FencedForwarding, ATableThatWasPutBackIsCounted) {
  fence.hold({group(51)});
  EXPECT_FALSE(fence.check(kStart));
  EXPECT_EQ(gauge("fairlead_node_fence_repairs_total"), -1);
  kernel.damaged = true;
  EXPECT_FALSE(fence.check(kStart));
  EXPECT_EQ(gauge("fairlead_node_fence_repairs_total"), 1);
}

// The kernel goes on silencing what the table names, however often it refuses the next.
TEST_F(FencedForwarding, WhatTheKernelHasIsKeptWhenItRefusesASecondTime) {
  fence.hold({group(51)});
  kernel.fails = kBusy;
  fence.hold({group(52)});
  fence.check(sys::now() + Seconds(3));
  EXPECT_EQ(kernel.repairs, 1);
  EXPECT_EQ(fence.report(), (FenceReport{{group(52)}, {group(51)}, kBusy.message}));
  EXPECT_EQ(gauge("fairlead_node_fenced_groups"), 1);
  EXPECT_EQ(gauge("fairlead_node_unfenced_groups"), 1);
}

// As flushed by somebody beside it.
TEST_F(FencedForwarding, OfATableThatIsGoneNothingCountsAsHeldWhenTheNextIsRefused) {
  fence.hold({group(51)});
  kernel.fails = kBusy;
  kernel.gone = true;
  fence.hold({group(51), group(52)});
  EXPECT_EQ(fence.report(), (FenceReport{{group(51), group(52)}, {}, kBusy.message}));
}

// Somebody deleted it, and it cannot be put back: nobody is silenced, and status must say so.
TEST_F(FencedForwarding, OfATableThatCannotBeLookedAtNothingCountsAsHeld) {
  fence.hold({group(51)});
  kernel.fails = kBusy;
  kernel.gone = true;
  EXPECT_TRUE(fence.check(kStart));
  EXPECT_EQ(fence.report(), (FenceReport{{group(51)}, {}, kBusy.message}));
}

TEST_F(FencedForwarding, ARefusalIsLoggedOnceAndItsEndToo) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  kernel.fails = kBusy;
  fence.hold({group(51)});
  fence.check(sys::now() + Seconds(3));
  kernel.fails.reset();
  fence.check(sys::now() + Seconds(9));
  const auto lines = log.lines();
  EXPECT_EQ(test::count(lines, "forwarding.fence_failed"), 1);
  EXPECT_EQ(test::count(lines, "forwarding.fence_holds"), 1);
}

}  // namespace
}  // namespace fairlead::agent
