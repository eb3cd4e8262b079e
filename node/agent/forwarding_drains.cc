#include "node/agent/forwarding_drains.h"

#include <optional>
#include <utility>

#include "lib/base/overloaded.h"

namespace fairlead::agent {

ipvs::Destinations ForwardingDrains::look(const ipvs::Key& key, const ipvs::SeenDestinations& seen,
                                          const ipvs::Destinations& desired, const ipvs::Removal& removal,
                                          TimePoint now, Departures& departures) {
  const auto found = drains_.find(key);
  std::optional<ipvs::Drains> before;
  if (found != drains_.end()) before = found->second;
  ipvs::DrainStep step = ipvs::drain(before, seen, desired, removal, now);
  for (const net::Endpoint& endpoint : step.departing) departures.departing.insert({key, endpoint});
  drains_.insert_or_assign(key, std::move(step.drains));
  return std::move(step.staying);
}

void ForwardingDrains::meet(const ipvs::Key& key, const ipvs::SeenDestinations& seen) {
  ipvs::Drains& drains = drains_[key];
  for (const auto& [endpoint, one] : seen) drains.serving.insert(endpoint);
}

void ForwardingDrains::note(const ipvs::Change& change, Departures& departures) {
  const ipvs::Key& key = ipvs::key_of(change);
  const auto found = drains_.find(key);
  const bool known = found != drains_.end();
  std::visit(Overloaded{
                 [&](const ipvs::AddService&) { drains_.insert_or_assign(key, ipvs::Drains{}); },
                 [&](const ipvs::SetService&) {},
                 [&](const ipvs::DeleteService&) {
                   if (!known) return;
                   for (const auto& endpoint : found->second.serving) departures.gone.insert({key, endpoint});
                   for (const auto& [endpoint, until] : found->second.leaving)
                     departures.gone.insert({key, endpoint});
                   drains_.erase(found);
                 },
                 [&](const ipvs::AddDestination& c) {
                   if (known) found->second.serving.insert(c.endpoint);
                 },
                 [&](const ipvs::SetDestination&) {},
                 [&](const ipvs::DeleteDestination& c) {
                   departures.gone.insert({key, c.endpoint});
                   if (known) found->second.leaving.erase(c.endpoint);
                 },
             },
             change);
}

void ForwardingDrains::keep_only(const std::set<ipvs::Key>& keys) {
  std::erase_if(drains_, [&](const auto& one) { return !keys.contains(one.first); });
}

std::set<ipvs::Key> ForwardingDrains::due(TimePoint now) const {
  std::set<ipvs::Key> keys;
  for (const auto& [key, drains] : drains_) {
    if (ipvs::is_due(drains, now)) keys.insert(key);
  }
  return keys;
}

std::size_t ForwardingDrains::leaving() const {
  std::size_t count = 0;
  for (const auto& [key, drains] : drains_) count += drains.leaving.size();
  return count;
}

}  // namespace fairlead::agent
