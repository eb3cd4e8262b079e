#include "controller/plan/allocate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

// The free addresses of pools, each given out once.
class FreeAddresses {
 public:
  FreeAddresses(const Ground& ground, const Claims& claims) : ground_(ground), claims_(claims) {}

  bool is_free(const net::IpAddress& address) const {
    const api::ObjectKey claim = cluster_key(api::address_claim_name(address));
    const Inputs& inputs = ground_.inputs;
    return !inputs.claims.contains(claim) && !inputs.poisoned_claims.contains(claim) &&
           !ground_.held.contains(address) && !ground_.releasing.blocked.contains(address) &&
           !claims_.granted.contains(address) && !ground_.reserved.find(address);
  }

  // The lowest; nothing if the pool has none left.
  std::optional<net::IpAddress> next(const api::AddressPool& pool, net::Family family) {
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

 private:
  // What of the pool has not been looked at: whatever was taken stays taken.
  struct Place {
    std::vector<net::AddressRange> ranges;
    std::size_t at = 0;
  };

  // Moves the beginning of the range to what it finds, or to its end.
  std::optional<net::IpAddress> first_free(const api::AddressPool& pool, net::AddressRange& range) const {
    for (;;) {
      if (gives(pool, range.first) && is_free(range.first)) return range.first;
      net::IpAddress last = range.first;  // of those that are not free for the same reason
      if (const auto whose = ground_.reserved.find(range.first)) last = whose->range.last();
      if (last >= range.last || !last.increment()) {
        range.first = range.last;
        return std::nullopt;
      }
      range.first = last;
    }
  }

  const Ground& ground_;
  const Claims& claims_;
  std::map<std::pair<const api::AddressPool*, net::Family>, Place> places_;
};

const api::AddressPool* giver(const Need& need, const net::IpAddress& address) {
  const auto found = std::find_if(need.pools.begin(), need.pools.end(),
                                  [&](const auto* pool) { return gives(*pool, address); });
  return found == need.pools.end() ? nullptr : *found;
}

void grant(const Need& need, const net::IpAddress& address, const api::AddressPool* pool, Claims& claims) {
  claims.granted.insert({address, {Wish{need.virtual_ip, need.uid, address, pool}}});
}

Refusal exhausted(const Need& need) {
  std::vector<std::string> names;
  for (const auto* pool : need.pools) names.push_back(pool->meta.name);
  return {Reason::kPoolExhausted, "no " + std::string(net::to_string(need.family)) +
                                      " address is left in AddressPool " + join(names, ", ")};
}

void search(const Need& need, FreeAddresses& free, Claims& claims) {
  for (const auto* pool : need.pools) {
    if (const auto address = free.next(*pool, need.family)) return grant(need, *address, pool, claims);
  }
  claims.refused.insert({need.virtual_ip, exhausted(need)});
}

}  // namespace

void allocate(const Ground& ground, std::vector<Need> needs, Claims& claims) {
  std::erase_if(needs, [&](const Need& need) { return claims.refused.contains(need.virtual_ip); });
  const auto& known = ground.inputs.virtual_ips;
  std::stable_sort(needs.begin(), needs.end(), [&](const Need& a, const Need& b) {
    return older(known.at(a.virtual_ip).meta, known.at(b.virtual_ip).meta);
  });
  FreeAddresses free(ground, claims);
  std::erase_if(needs, [&](const Need& need) {
    if (!need.before || !free.is_free(*need.before)) return false;
    grant(need, *need.before, giver(need, *need.before), claims);
    return true;
  });
  for (const auto& need : needs) search(need, free, claims);
}

}  // namespace fairlead::controller
