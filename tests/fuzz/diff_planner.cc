// F-13: the planners of differences. diff() of two maps is what a naive comparison says; carried out it makes
// the one of the other, and then it is empty. The same of an IPVS table's changes: done one by one they make
// what is wanted of what is ours, touch nothing else, and no service loses a server that is wanted on the
// way.
//
// Input: bytes, two tables of at most a few services and servers each; which services are ours, and whose
// address may still be held.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>

#include "lib/base/diff.h"
#include "lib/base/overloaded.h"
#include "node/ipvs/changes.h"
#include "tests/fuzz/input.h"

namespace fairlead::ipvs {
namespace {

using fuzz::Input;
using fuzz::require;

using Small = std::map<int, int>;

Small small_map(Input& input) {
  Small out;
  for (int left = input.byte() % 8; left > 0; --left) {
    const int key = input.byte() % 8;
    out[key] = input.byte() % 3;
  }
  return out;
}

Diff<int, int> naive(const Small& actual, const Small& desired) {
  Diff<int, int> out;
  for (const auto& [key, value] : desired) {
    const auto there = actual.find(key);
    if (there == actual.end()) out.add.emplace_back(key, value);
    if (there != actual.end() && there->second != value) out.change.emplace_back(key, value);
  }
  for (const auto& [key, value] : actual) {
    if (!desired.contains(key)) out.remove.push_back(key);
  }
  return out;
}

void check_maps(Input& input) {
  Small actual = small_map(input);
  const Small desired = small_map(input);
  const auto planned = diff(actual, desired);
  require(planned == naive(actual, desired), "as a naive comparison says");
  for (const auto& [key, value] : planned.add) require(actual.insert({key, value}).second, "added once");
  for (const auto& [key, value] : planned.change) actual.at(key) = value;
  for (const int key : planned.remove) require(actual.erase(key) == 1, "removed once");
  require(actual == desired && diff(actual, desired).empty(), "carried out, nothing is left to do");
}

Key key_of_number(int number) {
  const auto address = net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(number / 2)});
  return {address, number % 2 == 0 ? net::Protocol::kTcp : net::Protocol::kUdp, net::Port(80)};
}

Entry entry(Input& input) {
  Entry out;
  out.service.scheduler = input.byte() % 2 == 0 ? "wlc" : "rr";
  for (int left = input.byte() % 4; left > 0; --left) {
    const net::Endpoint at{net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(input.byte() % 5)}),
                           net::Port(80)};
    Destination destination;
    destination.weight = Weight(input.byte() % 3);
    destination.method = input.byte() % 4 == 0 ? Method::kLocal : Method::kMasquerade;
    out.destinations[at] = destination;
  }
  return out;
}

Table table(Input& input) {
  Table out;
  for (int left = input.byte() % 5; left > 0; --left) {
    const Key key = key_of_number(input.byte() % 6);
    out[key] = entry(input);
  }
  return out;
}

Ownership ownership(Input& input) {
  Ownership out;
  const int ours = input.byte();
  const int held = input.byte();
  for (int i = 0; i < 6; ++i) {
    if ((ours >> i & 1) != 0) out.owned.insert(key_of_number(i));
    if ((held >> i & 1) != 0) out.still_held.insert(key_of_number(i).address);
  }
  return out;
}

// As the kernel would: what is there already, or is not, is an error.
void carry_out(const Change& change, Table& table) {
  const auto is_there = [&](const Key& key) { require(table.contains(key), "of a service that is there"); };
  std::visit(Overloaded{
                 [&](const AddService& c) {
                   require(table.insert({c.key, {c.service, {}}}).second, "a new service");
                 },
                 [&](const SetService& c) { is_there(c.key), table.at(c.key).service = c.service; },
                 [&](const DeleteService& c) { require(table.erase(c.key) == 1, "a service to delete"); },
                 [&](const AddDestination& c) {
                   is_there(c.key);
                   const auto added = table.at(c.key).destinations.insert({c.endpoint, c.destination});
                   require(added.second, "a new server");
                 },
                 [&](const SetDestination& c) {
                   is_there(c.key);
                   require(table.at(c.key).destinations.contains(c.endpoint), "a server to change");
                   table.at(c.key).destinations[c.endpoint] = c.destination;
                 },
                 [&](const DeleteDestination& c) {
                   is_there(c.key);
                   require(table.at(c.key).destinations.erase(c.endpoint) == 1, "a server to delete");
                 },
             },
             change);
}

// A service that was there and is wanted has, at each step, every server that is in both tables.
void check_kept(const Table& before, const Table& wanted, const Table& now) {
  for (const auto& [key, had] : before) {
    const auto there = now.find(key);
    const auto asked = wanted.find(key);
    if (asked == wanted.end()) continue;
    require(there != now.end(), "a wanted service is not taken away");
    for (const auto& [endpoint, destination] : had.destinations) {
      const bool both = asked->second.destinations.contains(endpoint);
      require(!both || there->second.destinations.contains(endpoint), "a wanted server is not taken away");
    }
  }
}

bool as_wanted(const Entry& now, const Entry& wanted) {
  if (now.service != wanted.service || now.destinations.size() != wanted.destinations.size()) return false;
  for (const auto& [endpoint, destination] : wanted.destinations) {
    const auto there = now.destinations.find(endpoint);
    if (there == now.destinations.end() || !fits(there->second, destination)) return false;
  }
  return true;
}

// By the words of the header, service by service.
void check_outcome(const Table& before, const Table& wanted, const Ownership& ownership, const Table& now) {
  std::set<Key> keys;
  for (const auto& [key, entry] : before) keys.insert(key);
  for (const auto& [key, entry] : wanted) keys.insert(key);
  for (const auto& key : keys) {
    const bool foreign = before.contains(key) && !ownership.owned.contains(key);
    const bool stays =
        !wanted.contains(key) && before.contains(key) && ownership.still_held.contains(key.address);
    if (foreign) {
      require(now.contains(key) && now.at(key) == before.at(key), "what is not ours is not touched");
    } else if (wanted.contains(key)) {
      require(now.contains(key) && as_wanted(now.at(key), wanted.at(key)), "what is wanted is there");
    } else {
      require(now.contains(key) == stays, "what is not wanted goes, once its address is gone");
    }
  }
}

void check_tables(Input& input) {
  const Table before = table(input);
  const Table wanted = table(input);
  const Ownership whose = ownership(input);
  const Decision decision = changes(before, wanted, whose);
  Ownership then = whose;
  Table now = before;
  for (const auto& change : decision.changes) {
    carry_out(change, now);
    require(!to_string(change).empty(), "a change can be told of");
    if (!decision.foreign.contains(key_of(change))) check_kept(before, wanted, now);
    then.owned.insert(key_of(change));
  }
  check_outcome(before, wanted, whose, now);
  require(changes(now, wanted, then).changes.empty(), "carried out, nothing is left to do");
}

}  // namespace
}  // namespace fairlead::ipvs

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::fuzz::Input input(data, size);
  fairlead::ipvs::check_maps(input);
  fairlead::ipvs::check_tables(input);
  return 0;
}
