#include "controller/plan/remember.h"

#include "controller/plan/own_speakers.h"
#include "controller/plan/release.h"
#include "controller/plan/seats.h"

namespace fairlead::controller {

Memory remember(const Inputs& inputs, const Desired& desired) {
  Memory out;
  out.stale_members = inputs.memory.stale_members;
  out.vacancies = desired.vacancies;
  out.spoken = spoken(inputs);
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
    const Demand demand{group.spec.addresses.front().address, "", {}, false};
    for (const auto& member : group.spec.members) {
      const MemberKey about{key.name, member.node};
      if (!interface_missing(inputs, member, demand)) continue;
      out.interface_missing_since[about] = since(inputs.memory.interface_missing_since, about);
    }
  }
  return out;
}

}  // namespace fairlead::controller
