#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "lib/base/overloaded.h"
#include "node/ipvs/changes.h"
#include "node/ipvs/drain.h"

// A kernel in which connections come and go, a plan that changes, somebody who meddles, and looks now and
// then: drain() and changes() together.
namespace fairlead::ipvs {
namespace {

const Key kKey{net::IpAddress::v4({192, 0, 2, 100}), net::Protocol::kTcp, net::Port{80}};
constexpr Seconds kDrain{30};
constexpr int kServers = 5;

net::Endpoint real(int host) {
  return {net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(host)}), net::Port{80}};
}
Destination weight(int value) {
  return {Method::kMasquerade, Weight{static_cast<std::uint32_t>(value)}, 0, 0};
}

struct World {
  SeenDestinations kernel;
  Destinations plan;
  std::set<net::Endpoint> at_once;
  std::optional<Drains> drains = Drains{};
  TimePoint now{Seconds{1000}};
  // The model: since when it has been out of the plan, of those that the plan has had.
  std::map<net::Endpoint, TimePoint> left;
};

bool usable(const Destinations& some) {
  return std::any_of(some.begin(), some.end(), [](const auto& one) { return one.second.weight.value() > 0; });
}

// As the kernel does; refuses what makes no sense, so a second deletion of the same server fails.
void carry_out(SeenDestinations& kernel, const Change& change) {
  std::visit(Overloaded{
                 [](const AddService&) { RC_FAIL("the service is there"); },
                 [](const SetService&) { RC_FAIL("the service is as wanted"); },
                 [](const DeleteService&) { RC_FAIL("the service is wanted"); },
                 [&](const AddDestination& c) {
                   RC_ASSERT(kernel.insert({c.endpoint, {c.destination, {}}}).second);
                 },
                 [&](const SetDestination& c) {
                   RC_ASSERT(kernel.contains(c.endpoint));
                   kernel.at(c.endpoint).destination = c.destination;
                 },
                 [&](const DeleteDestination& c) { RC_ASSERT(kernel.erase(c.endpoint) == 1U); },
             },
             change);
}

// A server may stay for its connections only, until its deadline, and only if the plan ever had it.
bool may_stay(const World& world, const net::Endpoint& endpoint, const SeenDestination& before) {
  const auto since = world.left.find(endpoint);
  if (since == world.left.end() || world.at_once.contains(endpoint)) return false;
  return world.now < since->second + kDrain &&
         !(before.destination.weight.value() == 0 && is_idle(before.connections));
}

void check_outcome(const World& before, const World& after) {
  for (const auto& [endpoint, one] : before.kernel) {
    if (before.plan.contains(endpoint)) continue;
    const auto there = after.kernel.find(endpoint);
    RC_ASSERT((there != after.kernel.end()) == may_stay(before, endpoint, one));
    if (there == after.kernel.end()) continue;
    RC_ASSERT(there->second.destination.weight == Weight{0});
    RC_ASSERT(there->second.connections == one.connections);
  }
  for (const auto& [endpoint, wanted] : before.plan) {
    RC_ASSERT(after.kernel.contains(endpoint) && after.kernel.at(endpoint).destination == wanted);
  }
}

// What the forwarding thread does: read, drain, compare, carry out, note what was deleted.
void look(World& world) {
  const World before = world;
  const DrainStep step = drain(world.drains, world.kernel, world.plan, {kDrain, world.at_once}, world.now);
  world.drains = step.drains;
  Destinations wanted = world.plan;
  for (const auto& one : step.staying) RC_ASSERT(wanted.insert(one).second);
  const Table actual{{kKey, {{}, without_connections(world.kernel)}}};
  const bool serves = usable(actual.at(kKey).destinations) && usable(world.plan);
  for (const Change& change : changes(actual, {{kKey, {{}, wanted}}}, {{kKey}, {}}).changes) {
    carry_out(world.kernel, change);
    // Every prefix is safe: whoever comes now finds a server.
    RC_ASSERT(!serves || usable(without_connections(world.kernel)));
    if (const auto* gone = std::get_if<DeleteDestination>(&change))
      world.drains->leaving.erase(gone->endpoint);
  }
  for (const auto& [endpoint, until] : world.drains->leaving) {
    RC_ASSERT(!world.drains->serving.contains(endpoint));
    RC_ASSERT(until <= world.now + kDrain);
  }
  check_outcome(before, world);
}

void change_plan(World& world) {
  const net::Endpoint endpoint = real(*rc::gen::inRange(0, kServers));
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      world.plan.insert_or_assign(endpoint, weight(*rc::gen::inRange(0, 3)));
      world.at_once.erase(endpoint);
      world.left.erase(endpoint);
      break;
    case 1:
      if (world.plan.erase(endpoint) == 1U) world.left[endpoint] = world.now;
      world.at_once.erase(endpoint);
      break;
    default:  // its check takes it out
      if (world.plan.erase(endpoint) == 1U) world.at_once.insert(endpoint);
      break;
  }
}

void change_connections(World& world) {
  for (auto& [endpoint, one] : world.kernel) {
    const auto count = static_cast<std::uint32_t>(*rc::gen::inRange(0, 2));
    // At weight 0 none come.
    if (one.destination.weight.value() == 0 && is_idle(one.connections)) continue;
    one.connections = {count, count, 0};
  }
}

void meddle(World& world) {
  const net::Endpoint endpoint = real(*rc::gen::inRange(0, kServers));
  const auto there = world.kernel.find(endpoint);
  if (there == world.kernel.end()) {
    // A model of whose it is would need to know of deadlines: only where nobody remembers it.
    if (world.left.contains(endpoint)) return;
    world.kernel.insert({endpoint, {weight(1), {1, 0, 0}}});
  } else {
    there->second.destination.weight = Weight{9};
  }
}

void something_happens(World& world) {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      change_plan(world);
      // The order that brings a change is looked at in the same turn.
      look(world);
      break;
    case 1:
      change_connections(world);
      break;
    case 2:
      meddle(world);
      break;
    default:
      world.now += Seconds(*rc::gen::inRange(0, 20));
      break;
  }
}

TEST(DrainProperty, ServersStayForTheirConnectionsUntilTheDeadlineAndNoLonger) {
  EXPECT_TRUE(rc::check([] {
    World world;
    for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
      something_happens(world);
      if (*rc::gen::arbitrary<bool>()) look(world);
    }
    look(world);
  }));
}

TEST(DrainProperty, WithoutTimeOrConnectionsTheSecondLookDoesNothing) {
  EXPECT_TRUE(rc::check([] {
    World world;
    for (int left = *rc::gen::inRange(1, 20); left > 0; --left) something_happens(world);
    look(world);
    look(world);  // those that were idle go
    const World before = world;
    look(world);
    RC_ASSERT(world.kernel == before.kernel);
    RC_ASSERT(world.drains == before.drains);
  }));
}

// A restart that loses what it knew: never sooner than without it, and at the latest a whole time after.
TEST(DrainProperty, ARestartBeginsTheTimeAnew) {
  EXPECT_TRUE(rc::check([] {
    World world;
    for (int left = *rc::gen::inRange(1, 20); left > 0; --left) something_happens(world);
    look(world);
    world.drains = std::nullopt;
    world.left.clear();
    for (const auto& [endpoint, one] : world.kernel) {
      if (!world.plan.contains(endpoint)) world.left[endpoint] = world.now;
    }
    look(world);
    world.now += kDrain;
    look(world);
    for (const auto& [endpoint, one] : world.kernel) RC_ASSERT(world.plan.contains(endpoint));
  }));
}

}  // namespace
}  // namespace fairlead::ipvs
