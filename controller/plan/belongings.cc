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

}  // namespace fairlead::controller
