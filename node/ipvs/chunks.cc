#include "node/ipvs/chunks.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "lib/base/overloaded.h"

namespace fairlead::ipvs {
namespace {

// What one service gets of new servers, and of weights that become 0.
struct Growth {
  std::size_t usable = 0;           // servers with a weight that it has before its first new one
  std::vector<Change> additions;    // with a weight
  std::vector<Change> idle;         // with weight 0
  std::vector<Change> quiescences;  // to weight 0
};

// The parts of by_need(), filled side by side.
struct Needs {
  std::vector<Change> new_services;
  std::vector<Change> updates;
  std::map<Key, Growth> growth;
  std::vector<Change> deleted_destinations;
  std::vector<Change> deleted_services;
};

bool serves(const Destination& destination) { return destination.weight.value() > 0; }

// A server that is there with weight 0, or was when it was looked for.
bool is_idle(const Table& actual, const Key& key, const net::Endpoint& endpoint) {
  const auto entry = actual.find(key);
  if (entry == actual.end()) return true;
  const auto found = entry->second.destinations.find(endpoint);
  return found == entry->second.destinations.end() || !serves(found->second);
}

void sort_in(const Change& change, const Table& actual, Needs& needs) {
  std::visit(Overloaded{
                 [&](const AddService&) { needs.new_services.push_back(change); },
                 [&](const SetService&) { needs.updates.push_back(change); },
                 [&](const AddDestination& c) {
                   Growth& growth = needs.growth[c.key];
                   (serves(c.destination) ? growth.additions : growth.idle).push_back(change);
                 },
                 [&](const SetDestination& c) {
                   if (!serves(c.destination)) {
                     needs.growth[c.key].quiescences.push_back(change);
                     return;
                   }
                   needs.updates.push_back(change);
                   if (is_idle(actual, c.key, c.endpoint)) ++needs.growth[c.key].usable;
                 },
                 [&](const DeleteDestination&) { needs.deleted_destinations.push_back(change); },
                 [&](const DeleteService&) { needs.deleted_services.push_back(change); },
             },
             change);
}

std::size_t usable_of(const Table& actual, const Key& key) {
  const auto found = actual.find(key);
  if (found == actual.end()) return 0;
  const auto& all = found->second.destinations;
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const auto& one) { return serves(one.second); }));
}

void append(std::vector<Change>& to, const std::vector<Change>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// New servers by how many their service has before them; the weights that become 0 after the last.
void append_growth(std::map<Key, Growth>& growth, std::vector<Change>& out) {
  std::map<std::size_t, std::vector<Change>> rounds;
  std::vector<Change> idle;
  for (const auto& [key, one] : growth) {
    if (one.additions.empty()) append(out, one.quiescences);
    std::size_t round = one.usable;
    for (const Change& change : one.additions) rounds[round++].push_back(change);
    if (!one.additions.empty()) append(rounds[round - 1], one.quiescences);
    append(idle, one.idle);
  }
  for (const auto& [round, changes] : rounds) append(out, changes);
  append(out, idle);
}

}  // namespace

std::vector<Change> by_need(const std::vector<Change>& changes, const Table& actual) {
  Needs needs;
  for (const Change& change : changes) sort_in(change, actual, needs);
  for (auto& [key, growth] : needs.growth) growth.usable += usable_of(actual, key);
  std::vector<Change> out;
  out.reserve(changes.size());
  append(out, needs.new_services);
  append(out, needs.updates);
  append_growth(needs.growth, out);
  append(out, needs.deleted_destinations);
  append(out, needs.deleted_services);
  return out;
}

std::size_t chunk_after(std::size_t size, Microseconds took) {
  constexpr std::size_t kGrowth = 4;
  std::size_t fits = size * kGrowth;
  if (took.count() > 0) {
    const auto target = static_cast<std::size_t>(Microseconds(kChunkTime).count());
    fits = std::min(fits, size * target / static_cast<std::size_t>(took.count()));
  }
  return std::clamp(fits, kSmallestChunk, kLargestChunk);
}

}  // namespace fairlead::ipvs
