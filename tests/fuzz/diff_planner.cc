// F-13: the planners of differences. diff() of two maps is what a naive comparison says; carried out it makes
// the one of the other, and then it is empty. The same of an IPVS table's changes: done one by one they make
// what is wanted of what is ours, touch nothing else, and no service loses a server that is wanted on the
// way, nor its last one that takes connections. Of servers that leave (drain): look by look each has its
// weight, or 0 and stays for its connections until its deadline, or is gone, and nobody else's stays.
//
// Input: bytes, two tables of at most a few services and servers each; which services are ours, and whose
// address may still be held; then looks: plan, connections, time.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "lib/base/diff.h"
#include "lib/base/overloaded.h"
#include "node/ipvs/changes.h"
#include "node/ipvs/drain.h"
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

bool serves(const Destinations& some) {
  for (const auto& [endpoint, destination] : some) {
    if (destination.weight.value() > 0) return true;
  }
  return false;
}

// A service that was there and is wanted has, at each step, every server that is in both tables, and one with
// a weight if both have one.
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
    const bool lasting = serves(had.destinations) && serves(asked->second.destinations);
    require(!lasting || serves(there->second.destinations), "somebody serves all the time");
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

SeenDestinations seen(Input& input, const Destinations& kernel) {
  SeenDestinations out;
  for (const auto& [endpoint, destination] : kernel) {
    const std::uint32_t count = input.byte() % 2;
    out.insert({endpoint, {destination, {count, 0, 0}}});
  }
  return out;
}

// One look, by the words of the header. Returns what the kernel has then.
Destinations look(std::optional<Drains>& drains, const SeenDestinations& there, const Destinations& plan,
                  const Removal& removal, TimePoint now) {
  const auto before = drains;
  const DrainStep step = drain(before, there, plan, removal, now);
  Destinations wanted = plan;
  for (const auto& [endpoint, quiet] : step.staying) {
    require(!plan.contains(endpoint) && !removal.at_once.contains(endpoint), "what stays has left the plan");
    require(quiet.weight == Weight(0) && there.contains(endpoint), "it is there, without weight");
    const auto until = step.drains.leaving.find(endpoint);
    require(until != step.drains.leaving.end() && now < until->second, "it has a deadline to come");
    const bool ours = !before || before->serving.contains(endpoint) || before->leaving.contains(endpoint);
    require(ours, "it was ours");
    wanted.insert({endpoint, quiet});
  }
  for (const auto& [endpoint, until] : step.drains.leaving) {
    require(!step.drains.serving.contains(endpoint), "it serves or leaves");
    require(until <= now + removal.drain, "no deadline is later than if it left now");
  }
  const Key key = key_of_number(0);
  Table table{{key, {{}, without_connections(there)}}};
  for (const auto& change : changes(table, {{key, {{}, wanted}}}, {{key}, {}}).changes) {
    carry_out(change, table);
  }
  drains = step.drains;
  return table.at(key).destinations;
}

void check_drains(Input& input) {
  std::optional<Drains> drains;
  Destinations kernel = entry(input).destinations;
  TimePoint now{Seconds{1000}};
  for (int left = input.byte() % 8; left > 0; --left) {
    const Destinations plan = entry(input).destinations;
    Removal removal{Seconds(input.byte() % 20), {}};
    const net::Endpoint odd{net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(input.byte() % 5)}),
                            net::Port(80)};
    if (!plan.contains(odd)) removal.at_once.insert(odd);
    if (input.byte() % 8 == 0) drains.reset();  // a restart
    kernel = look(drains, seen(input, kernel), plan, removal, now);
    for (const auto& [endpoint, destination] : plan) require(kernel.contains(endpoint), "the plan is there");
    now += Seconds(input.byte() % 20);
  }
  if (!drains) return;
  kernel = look(drains, seen(input, kernel), {}, {Seconds(0), {}}, now);
  require(kernel.empty(), "without a drain nothing stays");
}

}  // namespace
}  // namespace fairlead::ipvs

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::fuzz::Input input(data, size);
  fairlead::ipvs::check_maps(input);
  fairlead::ipvs::check_tables(input);
  fairlead::ipvs::check_drains(input);
  return 0;
}
