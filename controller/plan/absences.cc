#include "controller/plan/absences.h"

#include <algorithm>
#include <set>

namespace fairlead::controller {
namespace {

using Owners = std::set<api::AddressOwner>;

Owners owners_of(const api::VRRPGroup& group, const api::VRRPGroup* without) {
  Owners out;
  for (const auto& address : group.spec.addresses) {
    const auto same = [&](const auto& other) {
      return other.address == address.address && other.owners == address.owners;
    };
    const bool stays = without != nullptr &&
                       std::any_of(without->spec.addresses.begin(), without->spec.addresses.end(), same);
    if (!stays) out.insert(address.owners.begin(), address.owners.end());
  }
  return out;
}

bool shown(const Inputs& inputs, const api::ObjectKey& key) {
  return inputs.virtual_ips.contains(key) || inputs.poisoned_virtual_ips.contains(key);
}

}  // namespace

std::vector<Absence> absences_of(const Inputs& inputs, const Desired& desired, const api::VRRPGroup& there,
                                 const api::VRRPGroup* wanted) {
  std::vector<Absence> out;
  for (const auto& owner : owners_of(there, wanted)) {
    const api::ObjectKey key{owner.namespace_name, owner.name};
    if (!shown(inputs, key)) out.push_back({Target::kVirtualIP, key, owner.uid});
    if (!desired.to_delete.contains(key)) continue;
    const auto of_service = absences_of(inputs, inputs.virtual_ips.at(key));
    out.insert(out.end(), of_service.begin(), of_service.end());
  }
  return out;
}

std::vector<Absence> absences_of(const Inputs& inputs, const api::RealServerSet& there) {
  std::vector<Absence> out;
  for (const auto& owner : there.meta.owner_references) {
    const api::ObjectKey key{there.meta.namespace_name, owner.name};
    if (owner.kind == "VirtualIP" && !shown(inputs, key)) out.push_back({Target::kVirtualIP, key, owner.uid});
  }
  return out;
}

std::vector<Absence> absences_of(const Inputs& inputs, const api::VirtualIP& there) {
  std::vector<Absence> out;
  for (const auto& owner : there.meta.owner_references) {
    const api::ObjectKey key{there.meta.namespace_name, owner.name};
    if (owner.kind == "Service" && !inputs.services.contains(key)) {
      out.push_back({Target::kService, key, owner.uid});
    }
  }
  return out;
}

}  // namespace fairlead::controller
