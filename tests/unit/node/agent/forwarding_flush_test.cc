#include "node/agent/forwarding_table.h"
#include "unit/node/agent/trash_ipvs.h"

// Repairs after somebody has deleted many services: each server that is put back is looked for in the
// kernel's list of deleted ones (libraries.md 2, "dest trash"; P-9, P-13).
namespace fairlead::agent {
namespace {

using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::order_of;
using testing::TrashIpvs;

constexpr int kServices = 200;
constexpr int kServers = 10;

class ForwardingFlush : public ::testing::Test {
 protected:
  ForwardingFlush() {
    EXPECT_TRUE(table.follow(order));
    EXPECT_FALSE(table.pending());
    written = kernel.table;
  }
  // What the kernel needs for it.
  Microseconds repair() {
    const TimePoint begun = now;
    EXPECT_TRUE(table.pass(order, {}));
    for (int turn = 0; table.pending() && turn < 1000; ++turn) EXPECT_TRUE(table.go_on(order));
    return now - begun;
  }

  const testing::OwnOrder order = order_of(kServices, kServers);
  Journal journal;
  TimePoint now{Seconds(1000)};
  TrashIpvs kernel{journal, now};
  ForwardingTable table{kernel, {[this] { return now; }, [] {}}};
  ipvs::Table written;
};

TEST_F(ForwardingFlush, WritingFromNothingAsksForNoOrderOfTheKernels) { EXPECT_EQ(kernel.orders, 0); }

// In the order of need alone each would be looked for through half of those that are left.
TEST_F(ForwardingFlush, WhatWasFlushedIsPutBackInTheOrderInWhichTheKernelFindsIt) {
  kernel.flush();
  const Microseconds took = repair();
  EXPECT_EQ(kernel.table, written);
  EXPECT_EQ(kernel.orders, 1);
  EXPECT_LT(took, kernel.step * kServices * kServers * kServers * 10);
}

TEST_F(ForwardingFlush, ASecondFlushIsRepairedAsQuickly) {
  kernel.flush();
  repair();
  kernel.flush();
  const Microseconds took = repair();
  EXPECT_EQ(kernel.table, written);
  EXPECT_LT(took, kernel.step * kServices * kServers * kServers * 10);
}

// Then the order of need is the best there is, and to have tried another costs little.
TEST_F(ForwardingFlush, WhatWasDeletedInAnotherOrderIsPutBackByNeed) {
  const std::set<ipvs::Key> keys = keys_of(order);
  kernel.delete_services({keys.begin(), keys.end()});
  EXPECT_TRUE(table.pass(order, {}));
  while (table.pending()) EXPECT_TRUE(table.go_on(order));
  EXPECT_EQ(kernel.table, written);
  EXPECT_EQ(kernel.orders, 1);
}

}  // namespace
}  // namespace fairlead::agent
