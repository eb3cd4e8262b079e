#include "controller/plan/set_write.h"

#include <set>

#include "controller/plan/write_parts.h"

namespace fairlead::controller {
namespace {

bool same(const api::RealServerSet& there, const api::RealServerSet& wanted) {
  return there.spec == wanted.spec && has_all(there.meta.labels, wanted.meta.labels) &&
         has_owners(there.meta, wanted.meta);
}

// The same addresses in the same group: what the set needs is there.
bool same_place(const api::RealServerSet& there, const api::RealServerSet& wanted) {
  const auto addresses = [](const api::RealServerSet& set) {
    std::set<net::IpAddress> out;
    for (const auto& server : set.spec.virtual_servers) out.insert(server.address);
    return out;
  };
  return there.spec.group == wanted.spec.group && addresses(there) == addresses(wanted) &&
         has_owners(there.meta, wanted.meta);
}

// All that a set says is known without it, so that one which cannot be read is written over (FC-09).
Write over_unread(const Poisoned& there, const api::RealServerSet& wanted) {
  api::RealServerSet object = wanted;
  object.meta.uid = there.meta.uid;
  object.meta.resource_version = there.meta.resource_version;
  return application({Step::kSets, Verb::kApply, Target::kRealServerSet}, object.meta,
                     api::encode_real_server_set(guarded(object)));
}

}  // namespace

std::optional<Write> set_write(const Inputs& inputs, const api::RealServerSet& wanted) {
  if (const auto* unread = find(inputs.poisoned_sets, api::key_of(wanted.meta))) {
    return over_unread(*unread, wanted);
  }
  const auto* there = find(inputs.sets, api::key_of(wanted.meta));
  if (there != nullptr && same(*there, wanted)) return std::nullopt;
  const Step step = there != nullptr && same_place(*there, wanted) ? Step::kRealServers : Step::kSets;
  return application({step, Verb::kApply, Target::kRealServerSet}, wanted.meta,
                     api::encode_real_server_set(guarded(wanted)));
}

}  // namespace fairlead::controller
