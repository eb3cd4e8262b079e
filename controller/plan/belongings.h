#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

namespace fairlead::controller {

// What belongs to whom, found once a round: who asks for one VirtualIP's searches not through all there is.
// Valid as long as the inputs.
struct Belongings {
  explicit Belongings(const Inputs& inputs);
  // Of these Services and owners alone; with inputs.kinship at the cost of what belongs to them.
  Belongings(const Inputs& inputs, const std::set<api::ObjectKey>& services,
             const std::set<std::string>& owners);

  std::map<api::ObjectKey, std::vector<const api::EndpointSlice*>> slices;  // of a Service
  std::map<std::string, std::vector<const api::RealServerSet*>> sets;       // by the UID of an owner
};

// Nothing, if the map does not know it.
template <class Key, class T>
const std::vector<const T*>& those_of(const std::map<Key, std::vector<const T*>>& all, const Key& key) {
  static const std::vector<const T*> nothing;
  const auto found = all.find(key);
  return found == all.end() ? nothing : found->second;
}

}  // namespace fairlead::controller
