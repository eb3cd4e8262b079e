#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <vector>

#include "node/ipvs/chunks.h"
#include "unit/node/ipvs/naive_kernel.h"

// by_need() over random tables that are ours: safe wherever it is cut off, and no service far behind another.
namespace fairlead::ipvs {
namespace {

using testing::carry_out;

Key key(int port) {
  return {net::IpAddress::v4({192, 0, 2, 100}), net::Protocol::kTcp,
          net::Port(static_cast<std::uint16_t>(port))};
}

// Up to five services of up to six servers each; what a list says twice counts once.
Table table() {
  Table out;
  const auto ports = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 6));
  for (const int port : ports) {
    Entry& entry = out[key(port)];
    entry.service.scheduler = *rc::gen::element<std::string>("rr", "wlc");
    const auto servers = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(1, 7), rc::gen::inRange(0, 3)));
    for (const auto& [host, weight] : servers) {
      const net::Endpoint at{net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(host)}), net::Port(80)};
      entry.destinations[at] = {Method::kMasquerade, Weight(static_cast<std::uint32_t>(weight)), 0, 0};
    }
  }
  return out;
}

std::vector<Change> ordered(const Table& actual, const Table& desired) {
  Ownership whose;
  for (const auto& [key, entry] : actual) whose.owned.insert(key);
  return by_need(changes(actual, desired, whose).changes, actual);
}

std::size_t usable(const Entry& entry) {
  return static_cast<std::size_t>(
      std::count_if(entry.destinations.begin(), entry.destinations.end(),
                    [](const auto& one) { return one.second.weight.value() > 0; }));
}

void expect(bool ok) { EXPECT_TRUE(ok); }

TEST(ByNeedProperty, CarriedOutTheTableIsAsWanted) {
  expect(rc::check([] {
    const Table actual = table();
    const Table desired = table();
    Table kernel = actual;
    for (const Change& change : ordered(actual, desired)) carry_out(kernel, change);
    RC_ASSERT(kernel == desired);
  }));
}

// A service that is in both tables keeps each server that is in both, and one that serves if both have one
// that serves in both.
TEST(ByNeedProperty, EveryPrefixIsSafe) {
  expect(rc::check([] {
    const Table actual = table();
    const Table desired = table();
    Table kernel = actual;
    for (const Change& change : ordered(actual, desired)) {
      carry_out(kernel, change);
      for (const auto& [key, entry] : actual) {
        const auto wanted = desired.find(key);
        if (wanted == desired.end()) continue;
        RC_ASSERT(kernel.contains(key));
        for (const auto& [endpoint, destination] : entry.destinations) {
          if (!wanted->second.destinations.contains(endpoint)) continue;
          RC_ASSERT(kernel.at(key).destinations.contains(endpoint));
        }
        RC_ASSERT(usable(kernel.at(key)) >=
                  std::min<std::size_t>({usable(entry), usable(wanted->second), 1}));
      }
    }
  }));
}

// Nobody gets one more while a service with fewer waits for one that serves.
TEST(ByNeedProperty, NewServersGoToThoseThatHaveFewest) {
  expect(rc::check([] {
    const Table actual = table();
    const Table desired = table();
    const std::vector<Change> all = ordered(actual, desired);
    std::map<Key, std::size_t> waiting;
    for (const Change& change : all) {
      const auto* addition = std::get_if<AddDestination>(&change);
      if (addition != nullptr && addition->destination.weight.value() > 0) ++waiting[addition->key];
    }
    Table kernel = actual;
    for (const Change& change : all) {
      const auto* addition = std::get_if<AddDestination>(&change);
      if (addition != nullptr && addition->destination.weight.value() > 0) {
        for (const auto& [key, left] : waiting) {
          RC_ASSERT(left == 0U || usable(kernel.at(addition->key)) <= usable(kernel.at(key)));
        }
        --waiting[addition->key];
      }
      carry_out(kernel, change);
    }
  }));
}

}  // namespace
}  // namespace fairlead::ipvs
