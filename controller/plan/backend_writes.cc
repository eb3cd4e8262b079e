#include "controller/plan/backend_writes.h"

#include <string>

#include "controller/plan/served_sets.h"
#include "controller/plan/set_write.h"

namespace fairlead::controller {
namespace {

// Those of these Services that are served, and what is needed to know of them.
struct Concerned {
  std::vector<const Served*> served;
  std::set<std::string> uids;
};

Concerned concerned(const Inputs& inputs, const Standing& standing,
                    const std::vector<api::ObjectKey>& services) {
  Concerned out;
  for (const auto& service : services) {
    const auto found = standing.find(service);
    if (found == standing.end()) continue;
    for (const auto& served : found->second) {
      const auto* virtual_ip = find(inputs.virtual_ips, served.virtual_ip);
      if (virtual_ip == nullptr || virtual_ip->meta.deleting) continue;
      out.served.push_back(&served);
      out.uids.insert(virtual_ip->meta.uid);
    }
  }
  return out;
}

void add_writes(const Inputs& inputs, const Belongings& belongings, const Served& served,
                std::vector<Write>& out) {
  const auto& virtual_ip = inputs.virtual_ips.at(served.virtual_ip);
  for (const auto& place : served.places) {
    const Backends behind = backends(inputs, belongings, virtual_ip, place.address);
    for (const auto& set : served_sets(inputs, belongings, virtual_ip, place, behind)) {
      auto write = set_write(inputs, set);
      if (write && write->step == Step::kRealServers) out.push_back(*std::move(write));
    }
  }
}

}  // namespace

std::vector<Write> backend_writes(const Inputs& inputs, const Standing& standing,
                                  const std::vector<api::ObjectKey>& services) {
  std::vector<Write> out;
  const Concerned those = concerned(inputs, standing, services);
  if (those.served.empty()) return out;
  const Belongings belongings(inputs, {services.begin(), services.end()}, those.uids);
  for (const auto* served : those.served) add_writes(inputs, belongings, *served, out);
  return out;
}

std::set<api::ObjectKey> services_behind(const Inputs& inputs, const Standing& standing,
                                         const std::set<api::ObjectKey>& sets) {
  std::set<api::ObjectKey> out;
  for (const auto& key : sets) {
    const auto* set = find(inputs.sets, key);
    if (set == nullptr) continue;
    for (const auto& owner : set->meta.owner_references) {
      const auto* virtual_ip = find(inputs.virtual_ips, {key.namespace_name, owner.name});
      if (virtual_ip == nullptr || virtual_ip->meta.uid != owner.uid || !virtual_ip->spec.service) continue;
      const api::ObjectKey service{key.namespace_name, *virtual_ip->spec.service};
      if (standing.contains(service)) out.insert(service);
    }
  }
  return out;
}

}  // namespace fairlead::controller
