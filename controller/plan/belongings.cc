#include "controller/plan/belongings.h"

namespace fairlead::controller {
namespace {

Kinship kinship_of(const Inputs& inputs) {
  Kinship out;
  for (const auto& [key, slice] : inputs.endpoint_slices) out.changed(key, &slice);
  for (const auto& [key, set] : inputs.sets) out.changed(key, &set);
  return out;
}

template <class Named, class T>
void add(const Naming<Named>& naming, const ByKey<T>& objects, const Named& name,
         std::map<Named, std::vector<const T*>>& out) {
  for (const auto& key : naming.who_name(name)) {
    if (const T* object = find(objects, key)) out[name].push_back(object);
  }
}

}  // namespace

Belongings::Belongings(const Inputs& inputs) {
  for (const auto& [key, slice] : inputs.endpoint_slices) {
    slices[{key.namespace_name, slice.service_name}].push_back(&slice);
  }
  for (const auto& [key, set] : inputs.sets) {
    for (const auto& owner : set.meta.owner_references) {
      auto& theirs = sets[owner.uid];
      if (theirs.empty() || theirs.back() != &set) theirs.push_back(&set);  // named twice it is one
    }
  }
}

Belongings::Belongings(const Inputs& inputs, const std::set<api::ObjectKey>& services,
                       const std::set<std::string>& owners) {
  const Kinship made = inputs.kinship ? Kinship{} : kinship_of(inputs);
  const Kinship& kinship = inputs.kinship ? *inputs.kinship : made;
  for (const auto& service : services) add(kinship.slices(), inputs.endpoint_slices, service, slices);
  for (const auto& owner : owners) add(kinship.sets(), inputs.sets, owner, sets);
}

}  // namespace fairlead::controller
