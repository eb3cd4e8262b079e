#include "controller/plan/pools.h"

#include <algorithm>
#include <vector>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr std::int64_t kSaturated = std::int64_t{1} << 53;

bool holds(const api::AddressPool& pool, const net::IpAddress& address) {
  return std::any_of(pool.spec.addresses.begin(), pool.spec.addresses.end(),
                     [&](const net::AddressRange& range) { return range.contains(address); });
}

bool overlap(const api::AddressPool& a, const api::AddressPool& b) {
  for (const auto& one : a.spec.addresses) {
    for (const auto& other : b.spec.addresses) {
      if (one.first.family() == other.first.family() && one.overlaps(other)) return true;
    }
  }
  return false;
}

std::optional<Refusal> refusal_of(const Inputs& inputs, const api::AddressPool& pool) {
  if (!pool.spec.not_yet_supported.empty()) {
    return Refusal{Reason::kNotYetSupported, "not supported yet, set it back to its default: " +
                                                 join(pool.spec.not_yet_supported, ", ")};
  }
  for (const auto& [key, other] : inputs.pools) {
    if (key.name == pool.meta.name || !older(other.meta, pool.meta) || !overlap(pool, other)) continue;
    return Refusal{Reason::kOverlap, "overlaps the older pool " + key.name + ", give each its own addresses"};
  }
  return std::nullopt;
}

// How many addresses a prefix has, saturated.
std::int64_t size_of(const net::Prefix& prefix) {
  const int bits = prefix.address.bits() - prefix.length;
  return bits >= 53 ? kSaturated : std::int64_t{1} << bits;
}

std::int64_t assigned_in(const api::AddressPool& pool, const ByKey<api::VRRPGroup>& groups,
                         net::Family family) {
  std::int64_t count = 0;
  for (const auto& [key, group] : groups) {
    if (group.spec.family != family) continue;
    const auto ours = [&](const auto& entry) { return holds(pool, entry.address); };
    const auto& spec = group.spec;
    count += std::count_if(spec.addresses.begin(), spec.addresses.end(), ours);
    count += std::count_if(spec.excluded_addresses.begin(), spec.excluded_addresses.end(), ours);
  }
  return count;
}

}  // namespace

std::map<std::string, Refusal> refused_pools(const Inputs& inputs) {
  std::map<std::string, Refusal> out;
  for (const auto& [key, poisoned] : inputs.poisoned_pools) {
    if (inputs.pools.contains(key)) continue;
    out.insert({key.name, Refusal{Reason::kInvalidSpec, api::to_string(poisoned.problems)}});
  }
  for (const auto& [key, pool] : inputs.pools) {
    if (auto refusal = refusal_of(inputs, pool)) out.insert({key.name, *std::move(refusal)});
  }
  return out;
}

PoolChoice pool_for(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                    const net::IpAddress& address, const std::string& wanted) {
  const std::string text = net::to_string(address);
  if (!wanted.empty()) {
    if (const auto no = refused.find(wanted); no != refused.end()) {
      return {nullptr, Refusal{Reason::kNotAdmitted, "AddressPool " + wanted + " is itself not accepted (" +
                                                         std::string(to_string(no->second.reason)) + ")"}};
    }
    const auto* pool = find(inputs.pools, cluster_key(wanted));
    if (pool == nullptr) {
      return {nullptr, Refusal{Reason::kPoolNotFound, "there is no AddressPool named " + wanted}};
    }
    if (holds(*pool, address)) return {pool, std::nullopt};
    return {nullptr, Refusal{Reason::kOutsidePool, text + " is not in AddressPool " + wanted}};
  }
  for (const auto& [key, pool] : inputs.pools) {
    if (!refused.contains(key.name) && holds(pool, address)) return {&pool, std::nullopt};
  }
  return {nullptr, Refusal{Reason::kOutsidePool, text + " is in no accepted AddressPool"}};
}

api::AddressPoolStatus pool_numbers(const api::AddressPool& pool, const ByKey<api::VRRPGroup>& groups) {
  api::AddressPoolStatus out;
  std::int64_t all_v4 = 0;
  std::int64_t all_v6 = 0;
  std::vector<net::AddressRange> ranges = pool.spec.addresses;
  std::sort(ranges.begin(), ranges.end());
  for (const auto& range : ranges) {
    std::int64_t& all = range.first.is_v4() ? all_v4 : all_v6;
    for (const auto& prefix : net::exact_cover(range)) {
      out.cidrs.push_back(net::to_string(prefix));
      all = std::min(kSaturated, all + size_of(prefix));
    }
  }
  out.assigned_ipv4 = assigned_in(pool, groups, net::Family::kIPv4);
  out.assigned_ipv6 = assigned_in(pool, groups, net::Family::kIPv6);
  out.available_ipv4 = std::max<std::int64_t>(0, all_v4 - out.assigned_ipv4);
  out.available_ipv6 = std::max<std::int64_t>(0, all_v6 - out.assigned_ipv6);
  return out;
}

}  // namespace fairlead::controller
