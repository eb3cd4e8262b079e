#include "node/agent/forwarding_table.h"

#include <utility>

#include "lib/base/overloaded.h"
#include "node/ipvs/desired.h"

namespace fairlead::agent {
namespace {

constexpr int kAttempts = 3;

// drainSeconds. That of the virtual server goes in here once plan::VirtualServerPlan has it (issue F, F0);
// until then the default holds, and a plan that asks for another is refused (lib/api/traffic_fields.cc).
Seconds drain_of(const plan::VirtualServerPlan&) { return Seconds(300); }

ipvs::Removal removal_of(const TableOrder& order, const ipvs::Key& key) {
  ipvs::Removal removal;
  removal.drain = drain_of(order.servers.at(key));
  const auto out = order.taken_out.find(key);
  if (out != order.taken_out.end()) removal.at_once = out->second;
  return removal;
}

}  // namespace

void ForwardingTable::forget_everything() {
  ours_.clear();
  present_.clear();
  foreign_.clear();
  failed_.clear();
  refused_.clear();
  drains_.clear();
}

Result<std::set<ipvs::Key>> ForwardingTable::find_foreign(
    const std::map<ipvs::Key, plan::VirtualServerPlan>& servers) {
  const auto services = ipvs_.services();
  if (!services) return services.error();
  std::set<ipvs::Key> found;
  for (const auto& [key, service] : *services) {
    if (servers.contains(key) && !ours_.contains(key)) found.insert(key);
  }
  return found;
}

std::map<ipvs::Key, std::set<net::Endpoint>> ForwardingTable::in_service(const std::set<ipvs::Key>& keys) {
  std::map<ipvs::Key, std::set<net::Endpoint>> out;
  for (const ipvs::Key& key : keys) {
    if (!ours_.contains(key)) continue;
    const auto destinations = ipvs_.destinations(key);
    if (!destinations) return out;
    for (const auto& [endpoint, seen] : *destinations) {
      if (seen.destination.weight.value() > 0) out[key].insert(endpoint);
    }
  }
  return out;
}

// The dump may lack services that exist while others write (datapath.md 4).
Result<> ForwardingTable::confirm_absent(ipvs::Table& actual) {
  std::set<ipvs::Key> gone;
  for (const ipvs::Key& key : ours_) {
    if (actual.contains(key)) continue;
    const auto service = ipvs_.service(key);
    if (!service) return service.error();
    if (*service)
      actual[key].service = **service;
    else
      gone.insert(key);
  }
  for (const ipvs::Key& key : gone) present_.erase(key);
  return Done{};
}

Result<ipvs::Table> ForwardingTable::read(const TableOrder& order, const std::set<ipvs::Key>& look_at,
                                          ipvs::Table& desired, TablePass& pass) {
  const auto services = ipvs_.services();
  if (!services) return services.error();
  ipvs::Table actual;
  for (const auto& [key, service] : *services) actual[key].service = service;
  if (auto confirmed = confirm_absent(actual); !confirmed) return confirmed.error();
  for (auto& [key, entry] : actual) {
    if (!ours_.contains(key)) continue;
    present_.insert(key);
    if (!order.servers.contains(key)) continue;
    ipvs::Destinations& wanted = desired.at(key).destinations;
    if (!look_at.contains(key)) {
      entry.destinations = wanted;
      continue;
    }
    const auto seen = ipvs_.destinations(key);
    if (!seen) return seen.error();
    entry.destinations = ipvs::without_connections(*seen);
    wanted.merge(drains_.look(key, *seen, wanted, removal_of(order, key), order.now, pass.departures));
  }
  // Claimed services that are neither there nor wanted were somebody's past.
  std::erase_if(ours_, [&](const ipvs::Key& key) { return !actual.contains(key) && !desired.contains(key); });
  drains_.keep_only(ours_);
  return actual;
}

Result<TablePass> ForwardingTable::pass(const TableOrder& order, const std::set<ipvs::Key>& look_at) {
  TablePass result;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ipvs::Table desired = ipvs::desired(order.servers, missing_);
    const auto actual = read(order, look_at, desired, result);
    if (!actual) return actual.error();
    const ipvs::Decision decision = ipvs::changes(*actual, desired, {ours_, order.still_held});
    foreign_ = decision.foreign;
    failed_.clear();
    std::erase_if(refused_, [&](const auto& one) {
      return look_at.contains(one.first) || !order.servers.contains(one.first);
    });
    if (!carry_out(order, decision, result)) return result;
  }
  return result;
}

bool ForwardingTable::carry_out(const TableOrder& order, const ipvs::Decision& decision, TablePass& pass) {
  std::vector<ipvs::Change> changes;
  for (const ipvs::Change& change : decision.changes) {
    if (!order.paused.contains(ipvs::key_of(change))) changes.push_back(change);
  }
  bool again = add_services(order, changes, pass);
  const auto results = ipvs_.apply(changes);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (results[i])
      note_done(changes[i], pass);
    else
      again = change_failed(order, changes[i], results[i].error()) || again;
  }
  return again;
}

// New services go alone, and first: a NEW that meets somebody else's service must not be followed by our
// destinations. Takes them, and the destinations of those that failed, out of `changes`.
bool ForwardingTable::add_services(const TableOrder& order, std::vector<ipvs::Change>& changes,
                                   TablePass& pass) {
  std::vector<ipvs::Change> additions;
  for (const ipvs::Change& change : changes) {
    if (std::holds_alternative<ipvs::AddService>(change)) additions.push_back(change);
  }
  bool again = false;
  std::set<ipvs::Key> not_added;
  const auto results = ipvs_.apply(additions);
  for (std::size_t i = 0; i < additions.size(); ++i) {
    if (results[i]) {
      note_done(additions[i], pass);
      continue;
    }
    const ipvs::Key& key = ipvs::key_of(additions[i]);
    not_added.insert(key);
    again = service_failed(order, key, results[i].error()) || again;
  }
  std::erase_if(changes, [&](const ipvs::Change& change) {
    return std::holds_alternative<ipvs::AddService>(change) || not_added.contains(ipvs::key_of(change));
  });
  return again;
}

bool ForwardingTable::service_failed(const TableOrder& order, const ipvs::Key& key, const Error& error) {
  if (error.code == Code::kConflict && !ours_.contains(key)) {
    foreign_.insert(key);
    return false;
  }
  failed_[key] = error.message;
  if (error.code == Code::kNotFound) {
    const api::Scheduler wanted = order.servers.at(key).scheduler;
    const bool known = wanted == ipvs::kFallbackScheduler || !missing_.insert(wanted).second;
    return !known;
  }
  return error.code == Code::kConflict || error.code == Code::kUnavailable;
}

bool ForwardingTable::change_failed(const TableOrder& order, const ipvs::Change& change, const Error& error) {
  const ipvs::Key& key = ipvs::key_of(change);
  const bool surprise =
      error.code == Code::kConflict || error.code == Code::kNotFound || error.code == Code::kUnavailable;
  return std::visit(Overloaded{
                        [&](const ipvs::AddService&) { return service_failed(order, key, error); },
                        [&](const ipvs::SetService&) {
                          // Not found: the service (deleted meanwhile) or its scheduler; ask which.
                          const auto still = ipvs_.service(key);
                          if (still && *still) return service_failed(order, key, error);
                          failed_[key] = error.message;
                          return surprise;
                        },
                        [&](const ipvs::AddDestination& c) {
                          refused_[key][c.endpoint] = error.message;
                          return surprise;
                        },
                        [&](const ipvs::SetDestination& c) {
                          refused_[key][c.endpoint] = error.message;
                          return surprise;
                        },
                        [&](const ipvs::DeleteDestination&) {
                          failed_[key] = error.message;
                          return surprise;
                        },
                        [&](const ipvs::DeleteService&) {
                          failed_[key] = error.message;
                          return surprise;
                        },
                    },
                    change);
}

void ForwardingTable::note_done(const ipvs::Change& change, TablePass& pass) {
  const ipvs::Key& key = ipvs::key_of(change);
  std::visit(Overloaded{
                 [&](const ipvs::AddService&) {
                   ours_.insert(key);
                   present_.insert(key);
                 },
                 [&](const ipvs::DeleteService&) {
                   ours_.erase(key);
                   present_.erase(key);
                 },
                 [&](const ipvs::SetService&) {},
                 [&](const ipvs::AddDestination& c) { refused_[key].erase(c.endpoint); },
                 [&](const ipvs::SetDestination& c) { refused_[key].erase(c.endpoint); },
                 [&](const ipvs::DeleteDestination&) {},
             },
             change);
  drains_.note(change, pass.departures);
  pass.done.push_back(change);
}

}  // namespace fairlead::agent
