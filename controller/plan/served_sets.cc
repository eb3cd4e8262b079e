#include "controller/plan/served_sets.h"

#include "controller/plan/translate.h"

namespace fairlead::controller {
namespace {

// Of the newest version, be it that it cannot be read: ours goes over it (FC-09).
const api::ObjectMeta* newest_meta(const Inputs& inputs, const api::ObjectKey& key) {
  if (const auto* unreadable = find(inputs.poisoned_sets, key)) return &unreadable->meta;
  const auto* there = find(inputs.sets, key);
  return there == nullptr ? nullptr : &there->meta;
}

}  // namespace

std::vector<api::RealServerSet> served_sets(const Inputs& inputs, const Belongings& belongings,
                                            const api::VirtualIP& virtual_ip, const Place& place,
                                            const Backends& behind) {
  const auto& present = those_of(belongings.sets, virtual_ip.meta.uid);
  auto out = real_server_sets(virtual_ip, place.group, place.address, behind, present);
  for (auto& set : out) {
    const auto* there = newest_meta(inputs, api::key_of(set.meta));
    if (there == nullptr) continue;
    set.meta.uid = there->uid;
    set.meta.resource_version = there->resource_version;
  }
  return out;
}

}  // namespace fairlead::controller
