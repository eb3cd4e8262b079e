#include "controller/plan/free_addresses.h"

#include <algorithm>

namespace fairlead::controller {

bool is_free(const Ground& ground, const Claims& claims, const net::IpAddress& address) {
  const api::ObjectKey claim = cluster_key(api::address_claim_name(address));
  const Inputs& inputs = ground.inputs;
  return !inputs.claims.contains(claim) && !inputs.poisoned_claims.contains(claim) &&
         !ground.held.contains(address) && !ground.releasing.blocked.contains(address) &&
         !claims.granted.contains(address) && !ground.reserved.find(address);
}

std::optional<net::IpAddress> FreeAddresses::next(const api::AddressPool& pool, net::Family family) {
  const auto [entry, is_new] = places_.insert({{&pool, family}, {}});
  Place& place = entry->second;
  if (is_new) {
    for (const auto& range : pool.spec.addresses) {
      if (range.first.family() == family) place.ranges.push_back(range);
    }
    std::sort(place.ranges.begin(), place.ranges.end());
  }
  for (; place.at < place.ranges.size(); ++place.at) {
    auto& range = place.ranges[place.at];
    if (const auto found = first_free(pool, range)) return found;
  }
  return std::nullopt;
}

// Moves the beginning of the range to what it finds, or to its end.
std::optional<net::IpAddress> FreeAddresses::first_free(const api::AddressPool& pool,
                                                        net::AddressRange& range) const {
  for (;;) {
    const bool given = gives(pool, range.first) && !aside_.contains(range.first);
    if (given && is_free(ground_, claims_, range.first)) return range.first;
    net::IpAddress last = range.first;  // of those that are not free for the same reason
    if (const auto whose = ground_.reserved.find(range.first)) last = whose->range.last();
    if (last >= range.last || !last.increment()) {
      range.first = range.last;
      return std::nullopt;
    }
    range.first = last;
  }
}

}  // namespace fairlead::controller
