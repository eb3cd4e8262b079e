#include "controller/plan/holdings.h"

#include <algorithm>

namespace fairlead::controller {

std::map<net::IpAddress, Holding> holdings(const Inputs& inputs) {
  std::map<net::IpAddress, Holding> out;
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& address : group.spec.addresses) {
      const Holding holding{key.name, address.owners.empty() ? api::AddressOwner{} : address.owners.front()};
      const auto [entry, added] = out.insert({address.address, holding});
      if (added) continue;
      const auto* other = find(inputs.groups, cluster_key(entry->second.group));
      if (other != nullptr && older(group.meta, other->meta)) entry->second = holding;
    }
  }
  return out;
}

bool holds_any(const std::map<net::IpAddress, Holding>& held, const std::string& uid) {
  return std::any_of(held.begin(), held.end(),
                     [&](const auto& entry) { return entry.second.owner.uid == uid; });
}

}  // namespace fairlead::controller
