#include "controller/plan/served_sets.h"

#include "controller/plan/translate.h"

namespace fairlead::controller {

std::vector<api::RealServerSet> served_sets(const Inputs& inputs, const Belongings& belongings,
                                            const api::VirtualIP& virtual_ip, const Place& place,
                                            const Backends& behind) {
  const auto& present = those_of(belongings.sets, virtual_ip.meta.uid);
  auto out = real_server_sets(virtual_ip, place.group, place.address, behind, present);
  for (auto& set : out) {
    const auto* there = find(inputs.sets, api::key_of(set.meta));
    if (there == nullptr) continue;
    set.meta.uid = there->meta.uid;
    set.meta.resource_version = there->meta.resource_version;
  }
  return out;
}

}  // namespace fairlead::controller
