#include "controller/plan/remember.h"

#include "controller/plan/eligible.h"
#include "controller/plan/holdings.h"
#include "controller/plan/own_speakers.h"
#include "controller/plan/release.h"
#include "controller/plan/seats.h"

namespace fairlead::controller {

namespace {

bool is_over(TimePoint since, TimePoint now) { return now - since >= kReadyBeforeItsPods; }

// By its pool; empty: any.
std::string interface_asked(const Inputs& inputs, const net::IpAddress& address) {
  const auto* claim = claim_of(inputs, address);
  const auto* pool = claim == nullptr ? nullptr : find(inputs.pools, cluster_key(claim->spec.pool));
  return pool == nullptr ? "" : pool->spec.interface;
}

void remember_nodes(const Inputs& inputs, Memory& out) {
  out.begun = inputs.memory.begun;
  for (const auto& [key, node] : inputs.nodes) {
    const auto known = inputs.memory.recovering.find(key.name);
    if (!node.ready) {
      out.recovering.insert({key.name, std::nullopt});
    } else if (known != inputs.memory.recovering.end()) {
      const TimePoint since = known->second.value_or(inputs.now);
      if (!is_over(since, inputs.now)) out.recovering.insert({key.name, since});
    }
  }
}

}  // namespace

Memory remember(const Inputs& inputs, const Desired& desired) {
  Memory out;
  out.stale_members = inputs.memory.stale_members;
  out.vacancies = desired.vacancies;
  out.spoken = spoken(inputs);
  remember_nodes(inputs, out);
  for (const auto& [key, managers] : inputs.memory.foreign_writers) {
    if (inputs.services.contains(key)) out.foreign_writers.insert({key, managers});
  }
  const auto since = [&](const auto& map, const auto& key) {
    const auto known = map.find(key);
    return known == map.end() ? inputs.now : known->second;
  };
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& release : open_releases(inputs, group)) {
      const ReleaseKey about{release.owner_uid, release.address};
      out.releasing_since[about] = since(inputs.memory.releasing_since, about);
    }
  }
  for (const auto& [key, group] : desired.groups) {
    if (group.spec.addresses.empty()) continue;
    const auto& address = group.spec.addresses.front().address;
    const Demand demand{address, interface_asked(inputs, address), {}, false};
    for (const auto& member : group.spec.members) {
      const MemberKey about{key.name, member.node};
      if (!interface_missing(inputs, member, demand)) continue;
      out.interface_missing_since[about] = since(inputs.memory.interface_missing_since, about);
    }
  }
  return out;
}

}  // namespace fairlead::controller
