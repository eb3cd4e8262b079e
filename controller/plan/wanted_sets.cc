#include "controller/plan/wanted_sets.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/backends.h"
#include "controller/plan/translate.h"

namespace fairlead::controller {
namespace {

// UID of an owner -> its sets.
using Owners = std::map<std::string, std::vector<const api::RealServerSet*>>;

Owners owners_of_sets(const Inputs& inputs) {
  Owners out;
  for (const auto& [key, set] : inputs.sets) {
    for (const auto& owner : set.meta.owner_references) out[owner.uid].push_back(&set);
  }
  return out;
}

void keep_sets(const Owners& owners, const std::string& uid, Desired& out) {
  const auto found = owners.find(uid);
  if (found == owners.end()) return;
  for (const auto* set : found->second) out.sets.insert({api::key_of(set->meta), *set});
}

// False of one that is to share an address and is not in the group yet.
bool owns(const api::VRRPGroup& group, const net::IpAddress& address, const std::string& uid) {
  const auto& all = group.spec.addresses;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.address == address; });
  return found != all.end() && lists(found->owners, uid);
}

void translate_one(const Inputs& inputs, const api::VirtualIP& virtual_ip, const Placement& placement,
                   Decision& decision, Desired& out) {
  for (const auto& address : decision.addresses) {
    const Backends behind = backends(inputs, virtual_ip, address);
    decision.backend_problem = behind.problem;
    for (const auto& server : behind.virtual_servers) {
      decision.ready_reals +=
          static_cast<int>(std::count_if(server.reals.begin(), server.reals.end(),
                                         [](const auto& real) { return real.weight.value() > 0; }));
    }
    const auto group = placement.group_of.find(address);
    if (group == placement.group_of.end()) continue;
    if (!owns(placement.groups.at(cluster_key(group->second)), address, virtual_ip.meta.uid)) continue;
    for (auto& set : real_server_sets(virtual_ip, group->second, address, behind, inputs.sets)) {
      const auto key = api::key_of(set.meta);
      if (const auto* there = find(inputs.sets, key)) {
        set.meta.uid = there->meta.uid;
        set.meta.resource_version = there->meta.resource_version;
      }
      out.sets.insert_or_assign(key, std::move(set));
    }
  }
}

}  // namespace

void decide_sets(const Inputs& inputs, const Seating& seating, const Placement& placement, Desired& out) {
  for (const auto& [key, set] : inputs.sets) {
    const bool by_hand = set.meta.owner_references.empty();
    if (by_hand || set.meta.deleting) out.sets.insert({key, set});
  }
  const Owners owners = owners_of_sets(inputs);
  for (const auto& uid : seating.frozen) keep_sets(owners, uid, out);
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || out.to_delete.contains(key)) {
      if (!out.released.contains(key)) keep_sets(owners, virtual_ip.meta.uid, out);
      continue;
    }
    if (seating.frozen.contains(virtual_ip.meta.uid)) continue;
    translate_one(inputs, virtual_ip, placement, out.decisions[key], out);
    if (seating.moving.contains(virtual_ip.meta.uid)) keep_sets(owners, virtual_ip.meta.uid, out);
  }
}

}  // namespace fairlead::controller
