#include "node/ipvs/changes.h"

#include <utility>

#include "lib/base/overloaded.h"

namespace fairlead::ipvs {
namespace {

// The parts of Decision::changes, filled side by side.
struct Parts {
  std::vector<Change> new_services;
  std::vector<Change> updates;
  std::vector<Change> quieted_destinations;
  std::vector<Change> deleted_destinations;
  std::vector<Change> deleted_services;
};

void add_entry(const Key& key, const Entry& wanted, Parts& parts) {
  parts.new_services.emplace_back(AddService{key, wanted.service});
  for (const auto& [endpoint, destination] : wanted.destinations) {
    parts.new_services.emplace_back(AddDestination{key, endpoint, destination});
  }
}

void change_entry(const Key& key, const Entry& actual, const Entry& wanted, Parts& parts) {
  if (!(actual.service == wanted.service)) parts.updates.emplace_back(SetService{key, wanted.service});
  for (const auto& [endpoint, destination] : wanted.destinations) {
    const auto found = actual.destinations.find(endpoint);
    if (found == actual.destinations.end()) {
      parts.updates.emplace_back(AddDestination{key, endpoint, destination});
    } else if (!fits(found->second, destination)) {
      auto& part = destination.weight.value() == 0 ? parts.quieted_destinations : parts.updates;
      part.emplace_back(SetDestination{key, endpoint, destination});
    }
  }
  for (const auto& [endpoint, destination] : actual.destinations) {
    if (!wanted.destinations.contains(endpoint)) {
      parts.deleted_destinations.emplace_back(DeleteDestination{key, endpoint});
    }
  }
}

void append(std::vector<Change>& to, std::vector<Change>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::string of(const net::Endpoint& endpoint, const Key& key) {
  return net::to_string(endpoint) + " of " + plan::to_string(key);
}

}  // namespace

const Key& key_of(const Change& change) {
  return std::visit([](const auto& one) -> const Key& { return one.key; }, change);
}

std::optional<Server> server_of(const Change& change) {
  using Found = std::optional<Server>;
  return std::visit(Overloaded{
                        [](const AddService&) -> Found { return std::nullopt; },
                        [](const SetService&) -> Found { return std::nullopt; },
                        [](const DeleteService&) -> Found { return std::nullopt; },
                        [](const AddDestination& c) -> Found {
                          return Server{c.key, c.endpoint};
                        },
                        [](const SetDestination& c) -> Found {
                          return Server{c.key, c.endpoint};
                        },
                        [](const DeleteDestination& c) -> Found {
                          return Server{c.key, c.endpoint};
                        },
                    },
                    change);
}

std::string to_string(const Change& change) {
  return std::visit(Overloaded{
                        [](const AddService& c) { return "add service " + plan::to_string(c.key); },
                        [](const SetService& c) { return "set service " + plan::to_string(c.key); },
                        [](const DeleteService& c) { return "delete service " + plan::to_string(c.key); },
                        [](const AddDestination& c) { return "add server " + of(c.endpoint, c.key); },
                        [](const SetDestination& c) { return "set server " + of(c.endpoint, c.key); },
                        [](const DeleteDestination& c) { return "delete server " + of(c.endpoint, c.key); },
                    },
                    change);
}

Decision changes(const Table& actual, const Table& desired, const Ownership& ownership) {
  Decision decision;
  Parts parts;
  for (const auto& [key, wanted] : desired) {
    const auto found = actual.find(key);
    if (found == actual.end()) {
      add_entry(key, wanted, parts);
    } else if (ownership.owned.contains(key)) {
      change_entry(key, found->second, wanted, parts);
    } else {
      decision.foreign.insert(key);
    }
  }
  for (const auto& [key, entry] : actual) {
    if (desired.contains(key) || !ownership.owned.contains(key)) continue;
    if (ownership.still_held.contains(key.address)) continue;
    parts.deleted_services.emplace_back(DeleteService{key});
  }
  append(decision.changes, std::move(parts.new_services));
  append(decision.changes, std::move(parts.updates));
  append(decision.changes, std::move(parts.quieted_destinations));
  append(decision.changes, std::move(parts.deleted_destinations));
  append(decision.changes, std::move(parts.deleted_services));
  return decision;
}

}  // namespace fairlead::ipvs
