#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <utility>
#include <vector>

#include "unit/node/agent/counting_ipvs.h"

// ForwardingTable under orders, turns, audits and what others do, in any order, on a kernel that is now quick
// and now slow: in the end the table is as ordered (I-5), and what is somebody else's is as it was (I-6).
namespace fairlead::agent {
namespace {

using testing::CountingIpvs;
using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::real;

constexpr int kServices = 5;
constexpr int kForeign = 99;

TableOrder any_order() {
  TableOrder order;
  const auto numbers = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, kServices));
  for (const int number : numbers) {
    plan::VirtualServerPlan& server = order.servers[key(number)];
    server.scheduler = *rc::gen::element(api::Scheduler::kRr, api::Scheduler::kLc);
    const auto hosts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 6));
    for (const int host : hosts) {
      const auto weight = static_cast<std::uint16_t>(*rc::gen::inRange(0, 3));
      server.reals.insert({real(host), {api::Weight(weight)}});
    }
  }
  return order;
}

// What the order asks for, and the foreign service.
ipvs::Table wanted(const TableOrder& order, const ipvs::Entry& foreign) {
  ipvs::Table out;
  for (const auto& [key, server] : order.servers) {
    out[key].service.scheduler = api::to_string(server.scheduler);
    for (const auto& [endpoint, one] : server.reals) {
      out[key].destinations[endpoint].weight = ipvs::Weight(one.weight.value());
    }
  }
  out[key(kForeign)] = foreign;
  return out;
}

struct World {
  Journal journal;
  TimePoint now{Seconds(1000)};
  CountingIpvs kernel{journal, now};
  ForwardingTable table{kernel, {[this] { return now; }, [] {}}};
  TableOrder order;
  const ipvs::Entry foreign{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {{real(77), {}}}};

  World() { kernel.table[key(kForeign)] = foreign; }

  void go_on() {
    order.now = now;
    RC_ASSERT(table.go_on(order).has_value());
  }
  void audit() {
    order.now = now;
    RC_ASSERT(table.pass(order, keys_of(order)).has_value());
  }
  void follow(TableOrder next) {
    order = std::move(next);
    order.now = now;
    RC_ASSERT(table.follow(order).has_value());
    for (const auto& settled : table.settled()) RC_ASSERT(order.servers.contains(settled));
  }
  // Somebody deletes services, or changes, deletes or adds a server of ours.
  void meddle() {
    const ipvs::Key where = key(*rc::gen::inRange(0, kServices));
    const auto entry = kernel.table.find(where);
    if (entry == kernel.table.end()) return;
    const net::Endpoint endpoint = real(*rc::gen::inRange(1, 8));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        kernel.table.erase(entry);
        break;
      case 1:
        entry->second.destinations.erase(endpoint);
        break;
      case 2:
        entry->second.destinations[endpoint].weight = ipvs::Weight(9);
        break;
      default:
        for (int number = 0; number < kServices; ++number) kernel.table.erase(key(number));
    }
  }
  void step() {
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        return follow(any_order());
      case 1:
        return go_on();
      case 2:
        return audit();
      case 3:
        return meddle();
      default:
        // So slow that a turn is over after one part.
        kernel.addition = *rc::gen::element(Microseconds(0), Microseconds(Seconds(1)));
    }
  }
  void finish() {
    for (int turn = 0; table.pending() && turn < 100; ++turn) go_on();
    RC_ASSERT(!table.pending());
  }
  // Who left is gone at its deadline: once it has weight 0 when it is looked at, and then at the next look.
  void end_drains() {
    now += api::Traffic{}.drain;
    for (int look = 0; look < 2; ++look) {
      audit();
      finish();
    }
  }
};

TEST(ForwardingTableProperty, WhateverHappensTheTableBecomesAsOrderedAndForeignServicesStayAsTheyAre) {
  const bool holds = rc::check([] {
    World world;
    const int steps = *rc::gen::inRange(1, 15);
    for (int i = 0; i < steps; ++i) {
      world.step();
      RC_ASSERT(world.kernel.table.at(key(kForeign)) == world.foreign);
    }
    world.follow(world.order);
    world.finish();
    world.end_drains();
    RC_ASSERT(world.kernel.table == wanted(world.order, world.foreign));
    RC_ASSERT(world.table.settled() == keys_of(world.order));
    RC_ASSERT(world.table.failed().empty() && world.table.refused().empty());
    // And then there is nothing to do.
    const std::size_t lines = world.journal.size();
    world.audit();
    world.follow(world.order);
    RC_ASSERT(world.journal.size() == lines);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace fairlead::agent
