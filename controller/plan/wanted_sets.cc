#include "controller/plan/wanted_sets.h"

#include <algorithm>
#include <string>
#include <utility>

#include "controller/plan/backends.h"
#include "controller/plan/served_sets.h"
#include "controller/plan/withhold.h"

namespace fairlead::controller {
namespace {

void keep_sets(const Belongings& belongings, const std::string& uid, Desired& out) {
  for (const auto* set : those_of(belongings.sets, uid)) out.sets.insert({api::key_of(set->meta), *set});
}

// False of one that is to share an address and is not in the group yet.
bool owns(const api::VRRPGroup& group, const net::IpAddress& address, const std::string& uid) {
  const auto& all = group.spec.addresses;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.address == address; });
  return found != all.end() && lists(found->owners, uid);
}

int with_weight(const Backends& behind) {
  int out = 0;
  for (const auto& server : behind.virtual_servers) {
    out += static_cast<int>(std::count_if(server.reals.begin(), server.reals.end(),
                                          [](const auto& real) { return real.weight.value() > 0; }));
  }
  return out;
}

// Where it is served of the addresses that it is to have.
std::vector<Place> translate_one(const Ground& ground, const api::VirtualIP& virtual_ip,
                                 const Placement& placement, Decision& decision, Desired& out) {
  std::vector<Place> places;
  for (const auto& address : decision.addresses) {
    const Backends behind = backends(ground.inputs, ground.belongings, virtual_ip, address);
    decision.backend_problem = behind.problem;
    decision.ready_reals += with_weight(behind);
    const auto group = placement.group_of.find(address);
    if (group == placement.group_of.end()) continue;
    if (!owns(placement.groups.at(cluster_key(group->second)), address, virtual_ip.meta.uid)) continue;
    places.push_back({address, group->second});
    for (auto& set : served_sets(ground.inputs, ground.belongings, virtual_ip, places.back(), behind)) {
      out.sets.insert_or_assign(api::key_of(set.meta), std::move(set));
    }
  }
  return places;
}

}  // namespace

void decide_sets(const Ground& ground, const Seating& seating, const Placement& placement, Desired& out) {
  const Inputs& inputs = ground.inputs;
  for (const auto& [key, set] : inputs.sets) {
    const bool by_hand = set.meta.owner_references.empty();
    if (by_hand || set.meta.deleting) out.sets.insert({key, set});
  }
  for (const auto& uid : seating.frozen) keep_sets(ground.belongings, uid, out);
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    if (virtual_ip.meta.deleting || out.to_delete.contains(key)) {
      if (!out.released.contains(key)) keep_sets(ground.belongings, virtual_ip.meta.uid, out);
      continue;
    }
    if (seating.frozen.contains(virtual_ip.meta.uid)) continue;
    Decision& decision = out.decisions[key];
    auto places = translate_one(ground, virtual_ip, placement, decision, out);
    const auto& addresses = decision.addresses;
    const bool moves = seating.moving.contains(virtual_ip.meta.uid) ||
                       std::any_of(addresses.begin(), addresses.end(),
                                   [&](const auto& address) { return placement.moving.contains(address); });
    // Their nodes let the address go first: without its set they would take it for one that waits for it.
    const bool leaves =
        is_withdrawn(out, virtual_ip.meta.uid) && (holds_any(ground.tenures, virtual_ip.meta.uid) ||
                                                   ground.releasing.waiting.contains(virtual_ip.meta.uid));
    if (moves || leaves) {
      keep_sets(ground.belongings, virtual_ip.meta.uid, out);
    } else if (virtual_ip.spec.service) {
      out.standing[{key.namespace_name, *virtual_ip.spec.service}].push_back({key, std::move(places)});
    }
  }
}

}  // namespace fairlead::controller
