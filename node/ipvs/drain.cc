#include "node/ipvs/drain.h"

#include <algorithm>

namespace fairlead::ipvs {
namespace {

using Deadlines = std::map<net::Endpoint, TimePoint>;

// Those that were ours before this look, each with its deadline as if it left now, or the earlier one.
Deadlines ours_until(const std::optional<Drains>& before, const SeenDestinations& seen, TimePoint latest) {
  Deadlines all;
  if (!before) {
    for (const auto& [endpoint, one] : seen) all.emplace(endpoint, latest);
    return all;
  }
  for (const auto& [endpoint, until] : before->leaving) all.emplace(endpoint, std::min(until, latest));
  for (const net::Endpoint& endpoint : before->serving) all.emplace(endpoint, latest);
  return all;
}

// Idle counts only once no new connections come: what was counted before weight 0 may be out of date.
bool is_over(const SeenDestination& one, TimePoint until, TimePoint now) {
  const bool quiet = one.destination.weight.value() == 0;
  return now >= until || (quiet && is_idle(one.connections));
}

}  // namespace

DrainStep drain(const std::optional<Drains>& before, const SeenDestinations& seen,
                const Destinations& desired, const Removal& removal, TimePoint now) {
  DrainStep step;
  for (const auto& [endpoint, destination] : desired) step.drains.serving.insert(endpoint);
  for (const auto& [endpoint, until] : ours_until(before, seen, now + removal.drain)) {
    if (desired.contains(endpoint)) continue;
    const auto there = seen.find(endpoint);
    const bool at_once = removal.at_once.contains(endpoint);
    if (!at_once && (there != seen.end() || now < until)) step.drains.leaving.emplace(endpoint, until);
    if (there == seen.end()) continue;
    const bool goes = at_once || is_over(there->second, until, now);
    const bool began_before = before && before->leaving.contains(endpoint);
    if (goes || !began_before) step.departing.insert(endpoint);
    if (goes) continue;
    Destination quiet = there->second.destination;
    quiet.weight = Weight{0};
    step.staying.emplace(endpoint, quiet);
  }
  return step;
}

bool is_due(const Drains& drains, TimePoint now) {
  return std::any_of(drains.leaving.begin(), drains.leaving.end(),
                     [&](const auto& one) { return one.second <= now; });
}

}  // namespace fairlead::ipvs
