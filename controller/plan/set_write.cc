#include "controller/plan/set_write.h"

#include <set>

#include "controller/plan/write_parts.h"

namespace fairlead::controller {
namespace {

constexpr int kFew = 4;  // 4,000 real servers

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

}  // namespace

std::optional<Write> set_write(const Inputs& inputs, const api::RealServerSet& wanted) {
  const auto key = api::key_of(wanted.meta);
  const auto* there = inputs.poisoned_sets.contains(key) ? nullptr : find(inputs.sets, key);
  if (there != nullptr && same(*there, wanted)) return std::nullopt;
  const Step fresh = wanted.spec.slice_index < kFew ? Step::kSets : Step::kMoreSets;
  const Step step = there != nullptr && same_place(*there, wanted) ? Step::kRealServers : fresh;
  return application({step, Verb::kApply, Target::kRealServerSet}, wanted.meta,
                     api::encode_real_server_set(guarded(wanted)));
}

}  // namespace fairlead::controller
