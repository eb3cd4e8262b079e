#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <utility>
#include <vector>

#include "unit/node/agent/counting_ipvs.h"

// ForwardingTable under orders, turns, audits and what others do, in any order, on a kernel that is now quick
// and now slow, now cannot be read and now does not answer: in the end the table is as ordered (I-5), and
// what is somebody else's is as it was (I-6).
namespace fairlead::agent {
namespace {

using testing::CountingIpvs;
using testing::Journal;
using testing::key;
using testing::keys_of;
using testing::real;

constexpr int kServices = 5;
constexpr int kForeign = 99;

testing::OwnOrder any_order() {
  testing::OwnOrder order;
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
ipvs::Table wanted(const testing::OwnOrder& order, const ipvs::Entry& foreign) {
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
  testing::OwnOrder order;
  bool was_hidden = false;
  const ipvs::Entry foreign{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {{real(77), {}}}};

  World() { kernel.table[key(kForeign)] = foreign; }

  void go_on() {
    order.now = now;
    judge(table.go_on(order));
  }
  void audit() {
    order.now = now;
    judge(table.pass(order, keys_of(order)));
  }
  // It fails where the kernel could not be read, and for no other reason.
  void judge(const Result<TablePass>& pass) {
    const bool whole = pass && !pass->broken_off;
    RC_ASSERT(std::exchange(was_hidden, false) || whole);
  }
  void follow(testing::OwnOrder next) {
    order = std::move(next);
    order.now = now;
    judge(table.follow(order));
    for (const auto& settled : table.settled()) RC_ASSERT(order.servers.contains(settled));
  }
  // One of the next reads fails.
  void hide() {
    kernel.hides = [this, left = *rc::gen::inRange(0, 8)]() mutable -> std::optional<Error> {
      if (left-- != 0) return std::nullopt;
      was_hidden = true;
      return fail(Code::kUnavailable, "ENOBUFS");
    };
  }
  // The answer to one of the next changes is lost.
  void lose() {
    kernel.loses = [left = *rc::gen::inRange(0, 8)]() mutable { return left-- == 0; };
  }
  // Somebody deletes services, or changes, deletes or adds a server of ours. Whose a service is of which no
  // answer came nobody could tell if others changed it, too.
  void meddle() {
    const ipvs::Key where = key(*rc::gen::inRange(0, kServices));
    const auto entry = kernel.table.find(where);
    if (entry == kernel.table.end() || !table.ours().contains(where)) return;
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
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
        return follow(any_order());
      case 1:
        return go_on();
      case 2:
        return audit();
      case 3:
        return meddle();
      case 4:
        return hide();
      case 5:
        return lose();
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
    world.kernel.hides = {};
    world.kernel.loses = {};
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
