#include "controller/plan/holdings.h"

#include <algorithm>

namespace fairlead::controller {
namespace {

void add(const Inputs& inputs, const api::VRRPGroup& group, const net::IpAddress& address,
         const Holding& holding, std::map<net::IpAddress, Holding>& out) {
  const auto [entry, added] = out.insert({address, holding});
  if (added) return;
  const auto* other = find(inputs.groups, cluster_key(entry->second.group));
  if (other != nullptr && older(group.meta, other->meta)) entry->second = holding;
}

}  // namespace

std::map<net::IpAddress, Holding> holdings(const Inputs& inputs) {
  std::map<net::IpAddress, Holding> out;
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& address : group.spec.addresses) {
      const auto owner = address.owners.empty() ? api::AddressOwner{} : address.owners.front();
      add(inputs, group, address.address, {key.name, owner, false}, out);
    }
    for (const auto& excluded : group.spec.excluded_addresses) {
      add(inputs, group, excluded.address, {key.name, {}, true}, out);
    }
  }
  return out;
}

bool holds_any(const std::map<net::IpAddress, Holding>& held, const std::string& uid) {
  return std::any_of(held.begin(), held.end(),
                     [&](const auto& entry) { return entry.second.owner.uid == uid; });
}

}  // namespace fairlead::controller
