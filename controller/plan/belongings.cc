#include "controller/plan/belongings.h"

namespace fairlead::controller {

Belongings::Belongings(const Inputs& inputs) {
  for (const auto& [key, slice] : inputs.endpoint_slices) {
    slices[{key.namespace_name, slice.service_name}].push_back(&slice);
  }
  for (const auto& [key, set] : inputs.sets) {
    for (const auto& owner : set.meta.owner_references) sets[owner.uid].push_back(&set);
  }
}

Belongings::Belongings(const Inputs& inputs, const std::set<api::ObjectKey>& services,
                       const std::set<std::string>& owners) {
  for (const auto& [key, slice] : inputs.endpoint_slices) {
    const api::ObjectKey service{key.namespace_name, slice.service_name};
    if (services.contains(service)) slices[service].push_back(&slice);
  }
  for (const auto& [key, set] : inputs.sets) {
    for (const auto& owner : set.meta.owner_references) {
      if (owners.contains(owner.uid)) sets[owner.uid].push_back(&set);
    }
  }
}

}  // namespace fairlead::controller
