#include <utility>

#include "node/agent/forwarding_table.h"

// What ForwardingTable asks of the kernel.
namespace fairlead::agent {

Result<> ForwardingTable::probe() const {
  const auto service = ipvs_.service({});  // there is none such
  if (!service) return service.error();
  return Done{};
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

Result<ipvs::Table> ForwardingTable::read_services(const TableOrder& order, const Look& look) {
  ipvs::Table actual;
  if (look.all_services) {
    const auto services = ipvs_.services();
    if (!services) return services.error();
    for (const auto& [key, service] : *services) actual[key].service = service;
    if (auto confirmed = confirm_absent(actual); !confirmed) return confirmed.error();
    return actual;
  }
  for (const ipvs::Key& key : look.keys) {
    const auto service = ipvs_.service(key);
    if (!service) return service.error();
    if (*service)
      actual[key].service = **service;
    else
      present_.erase(key);
  }
  // Those that leave are deleted, whatever they are by now.
  for (const ipvs::Key& key : leaving(order)) {
    if (present_.contains(key)) actual.try_emplace(key);
  }
  return actual;
}

// An acknowledgement can be lost (libraries.md 2). What is as we asked for it, empty, and was not there a
// moment ago is ours; else a service of ours would count as somebody else's for ever. Until it can be read
// the question stays.
Result<> ForwardingTable::claim_unanswered(const Look& look, const ipvs::Table& actual) {
  for (auto one = unanswered_.begin(); one != unanswered_.end();) {
    const auto& [key, asked_for] = *one;
    const auto there = actual.find(key);
    if (there == actual.end() && !look.all_services && !look.keys.contains(key)) {
      ++one;
      continue;
    }
    if (there != actual.end() && there->second.service == asked_for) {
      const auto destinations = ipvs_.destinations(key);
      if (!destinations) return destinations.error();
      if (destinations->empty()) ours_.insert(key);
    }
    one = unanswered_.erase(one);
  }
  return Done{};
}

ipvs::Removal ForwardingTable::removal(const TableOrder& order, const ipvs::Key& key) const {
  const plan::VirtualServerPlan& server = order.servers.at(key);
  ipvs::Removal out;
  out.drain = server.traffic.drain;
  const auto unhealthy = order.taken_out.find(key);
  if (unhealthy != order.taken_out.end()) out.at_once = unhealthy->second;
  const auto before = decided_.find(key);
  if (before == decided_.end()) return out;
  for (const auto& [endpoint, real] : before->second.reals) {
    if (real.gone_once_removed && !server.reals.contains(endpoint)) out.at_once.insert(endpoint);
  }
  return out;
}

// The real servers of UDP of a service that leaves are told once they are gone, and of one of an earlier run
// nobody knows them.
Result<> ForwardingTable::meet(const ipvs::Key& key) {
  if (key.protocol != net::Protocol::kUdp || drains_.knows(key)) return Done{};
  const auto seen = ipvs_.destinations(key);
  if (!seen) return seen.error();
  drains_.meet(key, *seen);
  return Done{};
}

Result<ipvs::Table> ForwardingTable::read(const TableOrder& order, const Look& look, ipvs::Table& desired,
                                          TablePass& pass) {
  auto services = read_services(order, look);
  if (!services) return services.error();
  ipvs::Table actual = *std::move(services);
  if (auto claimed = claim_unanswered(look, actual); !claimed) return claimed.error();
  for (auto& [key, entry] : actual) {
    if (!ours_.contains(key)) continue;
    present_.insert(key);
    if (!order.servers.contains(key)) {
      if (auto met = meet(key); !met) return met.error();
      continue;
    }
    ipvs::Destinations& wanted = desired.at(key).destinations;
    if (!look.keys.contains(key)) {
      entry.destinations = wanted;
      continue;
    }
    const auto seen = ipvs_.destinations(key);
    if (!seen) return seen.error();
    entry.destinations = ipvs::without_connections(*seen);
    wanted.merge(drains_.look(key, *seen, wanted, removal(order, key), order.now, pass.departures));
    clock_.moved();  // 100,000 of them take two seconds (libraries.md 2)
  }
  if (!look.all_services) return actual;
  // Claimed services that are neither there nor wanted were somebody's past.
  std::erase_if(ours_, [&](const ipvs::Key& key) { return !actual.contains(key) && !desired.contains(key); });
  drains_.keep_only(ours_);
  return actual;
}

}  // namespace fairlead::agent
