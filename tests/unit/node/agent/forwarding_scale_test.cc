#include <algorithm>
#include <string>

#include "node/agent/forwarding_table.h"
#include "node/kernel/patience.h"
#include "unit/node/agent/counting_ipvs.h"

// Many virtual servers: what an order costs, and a kernel that needs longer than a turn (libraries.md 2,
// "dest trash"; P-8, P-9, FN-32).
namespace fairlead::agent {
namespace {

using testing::CountingIpvs;
using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::order_of;
using testing::real;

constexpr Milliseconds kSlow{2};  // a new server, with 100,000 in the trash
constexpr Milliseconds kFirstPart = static_cast<int>(ipvs::kFirstChunk) * kSlow;

class ForwardingScale : public ::testing::Test {
 protected:
  // Turn after turn until nothing is pending. Returns how many it took.
  int finish(const testing::OwnOrder& order) {
    int turns = 0;
    for (; table.pending() && turns < 10'000; ++turns) {
      const TimePoint begun = now;
      const auto pass = table.go_on(order);
      EXPECT_TRUE(pass);
      longest_turn = std::max(longest_turn, Microseconds(now - begun));
      if (!pass) return turns;
      rest_of_repairs += pass->rest_of_repairs.size();
      EXPECT_TRUE(pass->repairs.empty());
    }
    EXPECT_FALSE(table.pending());
    return turns;
  }
  // As that order has it, on a quick kernel; then nothing is counted yet.
  void begin(const testing::OwnOrder& order) {
    EXPECT_TRUE(table.follow(order));
    finish(order);
    kernel.dumps = kernel.questions = kernel.reads = 0;
    journal.clear();
  }
  ipvs::Table wanted(const testing::OwnOrder& order) const {
    ipvs::Table out;
    for (const auto& [key, server] : order.servers) {
      out[key].service.scheduler = "rr";
      for (const auto& [endpoint, real] : server.reals) {
        out[key].destinations[endpoint].weight = ipvs::Weight(real.weight.value());
      }
    }
    return out;
  }
  // How many servers services have of their second or later one on, that another service waits behind.
  std::size_t ahead() const {
    std::size_t fewest = 1'000'000;
    for (const auto& [key, entry] : kernel.table) fewest = std::min(fewest, entry.destinations.size());
    std::size_t out = 0;
    for (const auto& [key, entry] : kernel.table) {
      const std::size_t has = entry.destinations.size();
      out += has - std::min(has, fewest + 1);
    }
    return out;
  }
  void moved() {
    longest_step = std::max(longest_step, Microseconds(now - last_step));
    last_step = now;
  }

  Journal journal;
  TimePoint now{Seconds(1000)};
  TimePoint last_step{Seconds(1000)};
  Microseconds longest_step{0};
  Microseconds longest_turn{0};
  std::size_t rest_of_repairs = 0;
  CountingIpvs kernel{journal, now};
  ForwardingTable table{kernel, {[this] { return now; }, [this] { moved(); }}};
};

TEST_F(ForwardingScale, OneServerOfAThousandServicesIsOneReadingAndOneChange) {
  testing::OwnOrder order = order_of(1000, 3);
  begin(order);
  ASSERT_EQ(kernel.table, wanted(order));
  order.servers.at(key(500)).reals.at(real(2)).weight = api::Weight(7);
  const auto pass = table.follow(order);
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->done.size(), 1U);
  EXPECT_EQ(kernel.dumps, 0);
  EXPECT_EQ(kernel.questions, 1);
  EXPECT_EQ(kernel.reads, 1);
  EXPECT_EQ(kernel.table, wanted(order));
}

TEST_F(ForwardingScale, TheSameOrderAgainAsksTheKernelNothing) {
  const testing::OwnOrder order = order_of(1000, 3);
  begin(order);
  ASSERT_TRUE(table.follow(order));
  EXPECT_EQ(kernel.dumps + kernel.questions + kernel.reads, 0);
  EXPECT_TRUE(journal.empty());
}

TEST_F(ForwardingScale, AVirtualServerThatComesAndOneThatLeavesCostNoOther) {
  testing::OwnOrder order = order_of(1000, 3);
  begin(order);
  order.servers.insert({key(1000), order.servers.at(key(0))});
  order.servers.erase(key(7));
  const auto pass = table.follow(order);
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->done.size(), 1U + 3U + 1U);
  EXPECT_EQ(kernel.dumps, 0);
  EXPECT_EQ(kernel.questions, 1);
  EXPECT_EQ(kernel.reads, 0);
  EXPECT_EQ(kernel.table, wanted(order));
  EXPECT_FALSE(table.settled().contains(key(7)));
  EXPECT_TRUE(table.settled().contains(key(1000)));
}

// In part it is there, and who has a part is not ready.
TEST_F(ForwardingScale, AKernelThatIsSlowIsGivenWorkForATurnAtATime) {
  kernel.addition = kSlow;
  const testing::OwnOrder order = order_of(300, 4);
  const TimePoint begun = now;
  ASSERT_TRUE(table.follow(order));
  EXPECT_LE(now - begun, kernel::kPatience + kFirstPart);
  EXPECT_TRUE(table.pending());
  EXPECT_EQ(table.present(), keys_of(order));  // new services are not left for another turn
  EXPECT_FALSE(kernel.table.at(key(150)).destinations.empty());
  EXPECT_FALSE(table.settled().contains(key(150)));
  EXPECT_GT(finish(order), 1);
  EXPECT_LE(longest_turn, kernel::kPatience + kFirstPart);
  EXPECT_LE(longest_step, kFirstPart);
  EXPECT_EQ(kernel.table, wanted(order));
  EXPECT_EQ(table.settled(), keys_of(order));
}

// Where others take the processor an audit may read for longer than it may write. Then it writes, too.
TEST_F(ForwardingScale, ToReadTakesNothingFromTheTimeForChanges) {
  const testing::OwnOrder order = order_of(300, 4);
  begin(order);
  kernel.table.clear();
  kernel.addition = kSlow;
  kernel.dump_time = 2 * kernel::kPatience;
  ASSERT_TRUE(table.pass(order, keys_of(order)));
  std::size_t servers = 0;
  for (const auto& [key, entry] : kernel.table) servers += entry.destinations.size();
  EXPECT_GE(servers, kernel::kPatience / kSlow);
}

// P-9: after a foreign flush. Who was ready stays so, and every service has one server before any has two,
// but for those by which another order is tried.
TEST_F(ForwardingScale, ARepairOfManyTurnsTakesNoReadinessAwayAndServesAllAsSoonAsItCan) {
  const testing::OwnOrder order = order_of(300, 4);
  begin(order);
  kernel.table.clear();
  kernel.addition = kSlow;
  ASSERT_TRUE(table.pass(order, {}));
  ASSERT_TRUE(table.pending());
  EXPECT_EQ(table.present(), keys_of(order));
  EXPECT_EQ(table.settled(), keys_of(order));
  do {
    EXPECT_LE(ahead(), ipvs::kInVain * ipvs::kSmallestChunk);
    ASSERT_TRUE(table.go_on(order));
  } while (table.pending());
  EXPECT_EQ(kernel.table, wanted(order));
}

// FN-08: five repairs in a row are a fight; one that takes long is one.
TEST_F(ForwardingScale, ARepairOfManyTurnsIsCountedOnceForEachEntry) {
  const testing::OwnOrder order = order_of(300, 4);
  begin(order);
  kernel.table.clear();
  kernel.addition = kSlow;
  const auto pass = table.pass(order, {});
  ASSERT_TRUE(pass);
  EXPECT_TRUE(pass->rest_of_repairs.empty());
  EXPECT_GE(pass->repairs.size(), 300U);
  finish(order);
  EXPECT_EQ(pass->repairs.size() + rest_of_repairs, 300U + 1200U);
}

TEST_F(ForwardingScale, WhatAnOrderAsksForIsNoRepairHoweverLongItTakes) {
  kernel.addition = kSlow;
  const testing::OwnOrder order = order_of(300, 4);
  const auto pass = table.follow(order);
  ASSERT_TRUE(pass);
  EXPECT_TRUE(pass->repairs.empty());
  finish(order);
  EXPECT_EQ(rest_of_repairs, 0U);
}

TEST_F(ForwardingScale, TheAuditDoesNotDecideAgainWhatIsPending) {
  kernel.addition = kSlow;
  const testing::OwnOrder order = order_of(300, 4);
  ASSERT_TRUE(table.follow(order));
  while (table.pending()) ASSERT_TRUE(table.pass(order, keys_of(order)));
  auto lines = journal;
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end());
  EXPECT_EQ(kernel.table, wanted(order));
}

TEST_F(ForwardingScale, AFlushInTheMiddleOfARepairIsRepairedToo) {
  const testing::OwnOrder order = order_of(300, 4);
  begin(order);
  kernel.table.clear();
  kernel.addition = kSlow;
  ASSERT_TRUE(table.pass(order, {}));
  kernel.table.clear();
  ASSERT_TRUE(table.pass(order, {}));
  finish(order);
  EXPECT_EQ(kernel.table, wanted(order));
}

// Health first: what is new does not wait for what takes long.
TEST_F(ForwardingScale, ANewOrderComesBeforeWhatIsPendingAndReplacesIt) {
  kernel.addition = kSlow;
  testing::OwnOrder order = order_of(300, 4);
  ASSERT_TRUE(table.follow(order));
  ASSERT_TRUE(table.pending());
  order.servers.at(key(0)).reals.at(real(1)).weight = api::Weight(0);
  order.servers.at(key(299)).reals = {{real(9), {api::Weight(1)}}};
  order.servers.at(key(299)).traffic.drain = Seconds(0);
  order.servers.erase(key(298));
  ASSERT_TRUE(table.follow(order));
  EXPECT_EQ(kernel.table.at(key(0)).destinations.at(real(1)).weight, ipvs::Weight(0));
  finish(order);
  EXPECT_EQ(kernel.table, wanted(order));
}

// Its guard was lost meanwhile.
TEST_F(ForwardingScale, WhatIsPausedWaitsAndIsFoundAgain) {
  kernel.addition = kSlow;
  testing::OwnOrder order = order_of(300, 4);
  ASSERT_TRUE(table.follow(order));
  order.paused = keys_of(order);
  journal.clear();
  ASSERT_TRUE(table.go_on(order));
  EXPECT_TRUE(journal.empty());
  EXPECT_FALSE(table.pending());
  order.paused.clear();
  const auto pass = table.follow(order);
  ASSERT_TRUE(pass);
  EXPECT_TRUE(pass->repairs.empty());
  finish(order);
  EXPECT_EQ(kernel.table, wanted(order));
}

// FN-08: else the fight would be forgotten while it is waited out.
TEST_F(ForwardingScale, ARepairThatWasHeldBackIsARepairWhenItIsMade) {
  testing::OwnOrder order = order_of(10, 2);
  begin(order);
  kernel.table.erase(key(3));
  order.paused = {key(3)};
  ASSERT_TRUE(table.pass(order, keys_of(order)));
  EXPECT_FALSE(kernel.table.contains(key(3)));
  order.paused.clear();
  const auto pass = table.pass(order, keys_of(order));
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->repairs.size(), 3U);
  EXPECT_EQ(kernel.table, wanted(order));
}

// I-6, at any size.
TEST_F(ForwardingScale, ForeignServicesAreNeitherReadNorTouched) {
  const ipvs::Entry foreign{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {{real(77), {}}}};
  kernel.table[key(5)] = foreign;
  testing::OwnOrder order = order_of(1000, 3);
  begin(order);
  EXPECT_EQ(table.foreign(), std::set<ipvs::Key>{key(5)});
  ASSERT_TRUE(table.follow(order));
  EXPECT_EQ(kernel.reads, 0);
  EXPECT_EQ(kernel.table.at(key(5)), foreign);
  EXPECT_FALSE(table.settled().contains(key(5)));
  kernel.table.erase(key(5));
  ASSERT_TRUE(table.pass(order, {}));
  EXPECT_EQ(kernel.table, wanted(order));
}

}  // namespace
}  // namespace fairlead::agent
