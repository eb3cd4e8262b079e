#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "node/ipvs/changes.h"
#include "unit/node/ipvs/naive_kernel.h"

// changes() against a naive model, over random tables, owners and held VIPs (failure-model.md: I-5, I-6).
namespace fairlead::ipvs {
namespace {

using testing::carry_out;

net::IpAddress vip(int i) { return net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(100 + i)}); }

// A map of few keys: the list of pairs may repeat a key, which a map generator would give up on.
template <class Map, class K, class V>
rc::Gen<Map> maps_of(rc::Gen<K> key, rc::Gen<V> value) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::pair<K, V>>>(rc::gen::pair(key, value)),
      [](const std::vector<std::pair<K, V>>& pairs) { return Map(pairs.begin(), pairs.end()); });
}

rc::Gen<Key> keys() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 3), rc::gen::inRange(1, 4), rc::gen::arbitrary<bool>()),
      [](const auto& t) {
        return Key{vip(std::get<0>(t)), std::get<2>(t) ? net::Protocol::kTcp : net::Protocol::kUdp,
                   net::Port{static_cast<std::uint16_t>(std::get<1>(t))}};
      });
}
// Everything of a service and of a destination differs now and then, each from few values: equal ones occur,
// too. Without kLocal, which stands for whatever method is wanted.
rc::Gen<Service> services() {
  const auto masks = rc::gen::element(kIPv4Host, make_netmask(net::Family::kIPv4, 24));
  const auto flags =
      rc::gen::element(kNoFlags, kPersistent, kHashFallback, kHashFallback | kHashPort, kOnePacket);
  return rc::gen::map(rc::gen::tuple(rc::gen::element<std::string>("rr", "wlc", "mh"), flags,
                                     rc::gen::inRange(0, 2), masks, rc::gen::element<std::string>("", "sip")),
                      [](const auto& t) {
                        return Service{std::get<0>(t), std::get<1>(t), Seconds{60 * std::get<2>(t)},
                                       std::get<3>(t), std::get<4>(t)};
                      });
}
rc::Gen<Destinations> destinations() {
  const auto endpoint = rc::gen::map(rc::gen::inRange(1, 6), [](int i) {
    return net::Endpoint{net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(i)}), net::Port{80}};
  });
  const auto number = [](int end) {
    return rc::gen::map(rc::gen::inRange(0, end),
                        [](int value) { return static_cast<std::uint32_t>(value); });
  };
  const auto methods = rc::gen::element(Method::kMasquerade, Method::kDirectRouting, Method::kTunnel);
  const auto destination =
      rc::gen::map(rc::gen::tuple(methods, number(3), number(2), number(2)), [](const auto& t) {
        return Destination{std::get<0>(t), Weight{std::get<1>(t)}, std::get<2>(t), std::get<3>(t)};
      });
  return maps_of<Destinations>(endpoint, destination);
}
rc::Gen<Table> tables() {
  const auto entry = rc::gen::map(rc::gen::tuple(services(), destinations()), [](const auto& t) {
    return Entry{std::get<0>(t), std::get<1>(t)};
  });
  return maps_of<Table>(keys(), entry);
}
Ownership ownership(const Table& actual) {
  Ownership made;
  for (const auto& [key, entry] : actual) {
    if (*rc::gen::arbitrary<bool>()) made.owned.insert(key);
  }
  for (int i = 0; i < 3; ++i) {
    if (*rc::gen::arbitrary<bool>()) made.still_held.insert(vip(i));
  }
  return made;
}

// The final table, key by key, without any thought of order.
Table model(const Table& actual, const Table& desired, const Ownership& own) {
  Table result;
  for (const auto& [key, entry] : actual) {
    const bool ours = own.owned.contains(key);
    if (!ours || (!desired.contains(key) && own.still_held.contains(key.address))) result[key] = entry;
  }
  for (const auto& [key, entry] : desired) {
    if (!actual.contains(key) || own.owned.contains(key)) result[key] = entry;
  }
  return result;
}

void expect(bool ok) { EXPECT_TRUE(ok); }

TEST(ChangesProperty, EqualTheNaiveModel) {
  expect(rc::check([] {
    const Table actual = *tables();
    const Table desired = *tables();
    const Ownership own = ownership(actual);
    Table kernel = actual;
    for (const Change& change : changes(actual, desired, own).changes) carry_out(kernel, change);
    RC_ASSERT(kernel == model(actual, desired, own));
  }));
}

TEST(ChangesProperty, ApplyingTwiceIsEmpty) {
  expect(rc::check([] {
    const Table actual = *tables();
    const Table desired = *tables();
    Ownership own = ownership(actual);
    const Decision first = changes(actual, desired, own);
    Table kernel = actual;
    for (const Change& change : first.changes) {
      carry_out(kernel, change);
      own.owned.insert(key_of(change));
    }
    const Decision second = changes(kernel, desired, own);
    RC_ASSERT(second.changes.empty());
    RC_ASSERT(second.foreign == first.foreign);
  }));
}

// Cut off anywhere: foreign services are as they were, services of held VIPs too, and a service that is in
// both tables keeps every destination that is in both.
TEST(ChangesProperty, EveryPrefixIsSafe) {
  expect(rc::check([] {
    const Table actual = *tables();
    const Table desired = *tables();
    const Ownership own = ownership(actual);
    Table kernel = actual;
    for (const Change& change : changes(actual, desired, own).changes) {
      carry_out(kernel, change);
      for (const auto& [key, entry] : actual) {
        const bool wanted = desired.contains(key);
        if (!own.owned.contains(key) || (!wanted && own.still_held.contains(key.address))) {
          RC_ASSERT(kernel.contains(key) && kernel.at(key) == entry);
        } else if (wanted) {
          RC_ASSERT(kernel.contains(key));
          for (const auto& [endpoint, destination] : entry.destinations) {
            if (!desired.at(key).destinations.contains(endpoint)) continue;
            RC_ASSERT(kernel.at(key).destinations.contains(endpoint));
          }
        }
      }
    }
  }));
}

// A change of servers never leaves a service emptier than both its old and its new list.
TEST(ChangesProperty, NoServiceRunsEmptyWhileItsServersAreReplaced) {
  expect(rc::check([] {
    const Table actual = *tables();
    const Table desired = *tables();
    Table kernel = actual;
    Ownership own;
    for (const auto& [key, entry] : actual) own.owned.insert(key);
    for (const Change& change : changes(actual, desired, own).changes) {
      carry_out(kernel, change);
      for (const auto& [key, entry] : actual) {
        if (!desired.contains(key)) continue;
        const std::size_t least = std::min(entry.destinations.size(), desired.at(key).destinations.size());
        RC_ASSERT(kernel.at(key).destinations.size() >= least);
      }
    }
  }));
}

bool usable(const Destinations& some) {
  return std::any_of(some.begin(), some.end(), [](const auto& one) { return one.second.weight.value() > 0; });
}

// A service that had a server with a weight, and is to have one, never is without: it would refuse.
TEST(ChangesProperty, NoServiceRefusesWhileItsServersAreReplacedOrQuieted) {
  expect(rc::check([] {
    const Table actual = *tables();
    const Table desired = *tables();
    Table kernel = actual;
    Ownership own;
    for (const auto& [key, entry] : actual) own.owned.insert(key);
    for (const Change& change : changes(actual, desired, own).changes) {
      carry_out(kernel, change);
      for (const auto& [key, entry] : actual) {
        if (!desired.contains(key) || !usable(entry.destinations) || !usable(desired.at(key).destinations)) {
          continue;
        }
        RC_ASSERT(usable(kernel.at(key).destinations));
      }
    }
  }));
}

}  // namespace
}  // namespace fairlead::ipvs
