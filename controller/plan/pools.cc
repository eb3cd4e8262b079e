#include "controller/plan/pools.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace fairlead::controller {
namespace {

bool has(const api::AddressPool& pool, const net::IpAddress& address) {
  return std::any_of(pool.spec.addresses.begin(), pool.spec.addresses.end(),
                     [&](const net::AddressRange& range) { return range.contains(address); });
}

bool has_family(const api::AddressPool& pool, net::Family family) {
  return std::any_of(pool.spec.addresses.begin(), pool.spec.addresses.end(),
                     [&](const net::AddressRange& range) { return range.first.family() == family; });
}

// Which pool has an address first: disjoint ranges, so that a question costs a search however many pools and
// ranges there are.
class Taken {
 public:
  // The pool that has an address of the range; empty: none.
  std::string whose(const net::AddressRange& range) const {
    auto found = ranges_.upper_bound(range.last);
    if (found == ranges_.begin()) return "";
    --found;
    return found->second.last >= range.first ? found->second.pool : "";
  }

  // All who have some of it, of many parts of it the last.
  void add_owners(const net::AddressRange& range, std::set<std::string>& out) const {
    auto next = ranges_.upper_bound(range.last);
    for (int parts = 0; next != ranges_.begin() && parts < kMostParts; ++parts) {
      --next;
      if (next->second.last < range.first) return;
      out.insert(next->second.pool);
    }
  }

  // What of it nobody has is this pool's.
  void add(const net::AddressRange& range, const std::string& pool) {
    net::IpAddress left = range.first;
    auto next = ranges_.upper_bound(left);
    if (next != ranges_.begin() && std::prev(next)->second.last >= left) --next;
    for (; next != ranges_.end() && next->first <= range.last; ++next) {
      if (left < next->first) {
        net::IpAddress before = next->first;
        before.decrement();
        ranges_.insert(next, {left, {before, pool}});
      }
      if (next->second.last >= range.last) return;
      left = next->second.last;
      left.increment();
    }
    ranges_.insert(next, {left, {range.last, pool}});
  }

 private:
  static constexpr int kMostParts = 16;  // so that nobody's thousands of ranges cost more than that
  struct Part {
    net::IpAddress last;
    std::string pool;
  };
  std::map<net::IpAddress, Part> ranges_;  // by their first address
};

std::vector<const api::AddressPool*> by_age(const Inputs& inputs) {
  std::vector<const api::AddressPool*> out;
  for (const auto& [key, pool] : inputs.pools) out.push_back(&pool);
  std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return older(a->meta, b->meta); });
  return out;
}

// Of those that overlap the oldest has its addresses, and the others are refused whole.
void refuse_overlaps(const Inputs& inputs, std::map<std::string, Refusal>& out) {
  Taken taken;
  for (const auto* pool : by_age(inputs)) {
    std::string whose;
    for (const auto& range : pool->spec.addresses) {
      if (whose.empty()) whose = taken.whose(range);
    }
    for (const auto& range : pool->spec.addresses) taken.add(range, pool->meta.name);
    if (whose.empty()) continue;
    out.insert({pool->meta.name, Refusal{Reason::kOverlap, "overlaps the older pool " + whose +
                                                               ", give each its own addresses"}});
  }
}

bool any_matches(const std::vector<api::LabelSelector>& selectors, const api::Labels& labels) {
  return std::any_of(selectors.begin(), selectors.end(),
                     [&](const auto& selector) { return api::matches(selector, labels); });
}

bool admits_namespace(const api::ServiceAllocation& allocation, const Asker& asker) {
  if (allocation.namespaces.empty() && allocation.namespace_selectors.empty()) return true;
  const auto& names = allocation.namespaces;
  return std::find(names.begin(), names.end(), asker.namespace_name) != names.end() ||
         any_matches(allocation.namespace_selectors, asker.namespace_labels);
}

bool admits_labels(const api::ServiceAllocation& allocation, const Asker& asker) {
  return allocation.service_selectors.empty() || any_matches(allocation.service_selectors, asker.labels);
}

Refusal not_admitted(const api::AddressPool& pool, const Asker& asker) {
  const std::string what = admits_namespace(pool.spec.service_allocation, asker)
                               ? "the labels of who asks (serviceAllocation.serviceSelectors)"
                               : "namespace " + asker.namespace_name + " (serviceAllocation.namespaces)";
  return {Reason::kNotAdmitted, "AddressPool " + pool.meta.name + " does not admit " + what};
}

PoolChoice named(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                 const std::string& wanted) {
  if (const auto no = refused.find(wanted); no != refused.end()) {
    return {nullptr, Refusal{Reason::kNotAdmitted, "AddressPool " + wanted + " is itself not accepted (" +
                                                       std::string(to_string(no->second.reason)) + ")"}};
  }
  const auto* pool = find(inputs.pools, cluster_key(wanted));
  if (pool != nullptr) return {pool, std::nullopt};
  return {nullptr, Refusal{Reason::kPoolNotFound, "there is no AddressPool named " + wanted}};
}

PoolChoice offer(const api::AddressPool& pool, const net::IpAddress& address, const Asker& asker) {
  if (!gives(pool, address)) {
    return {&pool, Refusal{Reason::kOutsidePool, "AddressPool " + pool.meta.name + " does not give away " +
                                                     net::to_string(address) + " (avoidBuggyIPs)"}};
  }
  if (!admits(pool, asker)) return {&pool, not_admitted(pool, asker)};
  return {&pool, std::nullopt};
}

// How many addresses a range has, saturated.
constexpr std::int64_t kSaturated = std::int64_t{1} << 53;
std::int64_t size_of(const net::AddressRange& range) {
  std::int64_t out = 0;
  for (const auto& prefix : net::exact_cover(range)) {
    const int bits = prefix.address.bits() - prefix.length;
    out = std::min(kSaturated, out + (bits >= 53 ? kSaturated : std::int64_t{1} << bits));
  }
  return out;
}

std::int64_t number_of(const net::IpAddress& v4) {
  std::int64_t out = 0;
  for (const std::uint8_t byte : v4.bytes()) out = out * 256 + byte;
  return out;
}

// IPv4 addresses below `end` that end in .0 or .255.
std::int64_t buggy_below(std::int64_t end) { return end / 256 * 2 + (end % 256 > 0 ? 1 : 0); }

std::int64_t buggy_in(const net::AddressRange& range) {
  if (!range.first.is_v4()) return 0;
  return buggy_below(number_of(range.last) + 1) - buggy_below(number_of(range.first));
}

int rank(const api::AddressPool& pool) {
  const int priority = pool.spec.service_allocation.priority;
  return priority == 0 ? std::numeric_limits<int>::max() : priority;
}

}  // namespace

std::map<std::string, Refusal> refused_pools(const Inputs& inputs) {
  std::map<std::string, Refusal> out;
  for (const auto& [key, poisoned] : inputs.poisoned_pools) {
    if (inputs.pools.contains(key)) continue;
    out.insert({key.name, Refusal{Reason::kInvalidSpec, api::to_string(poisoned.problems)}});
  }
  refuse_overlaps(inputs, out);
  return out;
}

std::map<std::string, std::set<std::string>> overlapped_pools(const Inputs& inputs) {
  std::map<std::string, std::set<std::string>> out;
  Taken taken;
  for (const auto* pool : by_age(inputs)) {
    std::set<std::string> owners;
    for (const auto& range : pool->spec.addresses) taken.add_owners(range, owners);
    for (const auto& range : pool->spec.addresses) taken.add(range, pool->meta.name);
    for (const auto& owner : owners) out[owner].insert(pool->meta.name);
  }
  return out;
}

Asker asker_of(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  Asker out{virtual_ip.meta.namespace_name, {}, virtual_ip.meta.labels};
  const auto* home = find(inputs.namespaces, cluster_key(out.namespace_name));
  if (home != nullptr) out.namespace_labels = home->meta.labels;
  if (!virtual_ip.spec.service) return out;
  const auto* service = find(inputs.services, {out.namespace_name, *virtual_ip.spec.service});
  out.labels = service == nullptr ? api::Labels{} : service->meta.labels;
  return out;
}

bool admits(const api::AddressPool& pool, const Asker& asker) {
  const auto& allocation = pool.spec.service_allocation;
  return admits_namespace(allocation, asker) && admits_labels(allocation, asker);
}

bool is_buggy(const net::IpAddress& address) {
  return address.is_v4() && (address.bytes()[3] == 0 || address.bytes()[3] == 255);
}

bool gives(const api::AddressPool& pool, const net::IpAddress& address) {
  return has(pool, address) && !(pool.spec.avoid_buggy_ips && is_buggy(address));
}

PoolChoice pool_for(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                    const net::IpAddress& address, const std::string& wanted, const Asker& asker) {
  const std::string text = net::to_string(address);
  if (!wanted.empty()) {
    const PoolChoice choice = named(inputs, refused, wanted);
    if (choice.refusal) return choice;
    if (has(*choice.pool, address)) return offer(*choice.pool, address, asker);
    return {nullptr, Refusal{Reason::kOutsidePool, text + " is not in AddressPool " + wanted}};
  }
  for (const auto& [key, pool] : inputs.pools) {
    if (!refused.contains(key.name) && has(pool, address)) return offer(pool, address, asker);
  }
  return {nullptr, Refusal{Reason::kOutsidePool, text + " is in no accepted AddressPool"}};
}

PoolList pools_for(const Inputs& inputs, const std::map<std::string, Refusal>& refused, net::Family family,
                   const std::string& wanted, const Asker& asker) {
  const std::string of_family = std::string(net::to_string(family)) + " addresses";
  if (!wanted.empty()) {
    const PoolChoice choice = named(inputs, refused, wanted);
    if (choice.refusal) return {{}, choice.refusal};
    if (!admits(*choice.pool, asker)) return {{}, not_admitted(*choice.pool, asker)};
    if (has_family(*choice.pool, family)) return {{choice.pool}, std::nullopt};
    return {{}, Refusal{Reason::kOutsidePool, "AddressPool " + wanted + " has no " + of_family}};
  }
  PoolList out;
  for (const auto& [key, pool] : inputs.pools) {
    const bool fit = pool.spec.auto_assign && has_family(pool, family) && admits(pool, asker);
    if (fit && !refused.contains(key.name)) out.pools.push_back(&pool);
  }
  std::stable_sort(out.pools.begin(), out.pools.end(),
                   [](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
  if (!out.pools.empty()) return out;
  out.refusal = inputs.pools.empty()
                    ? Refusal{Reason::kPoolNotFound, "there is no AddressPool"}
                    : Refusal{Reason::kNotAdmitted, "no accepted AddressPool assigns " + of_family +
                                                        " to who asks in namespace " + asker.namespace_name +
                                                        " (autoAssign, serviceAllocation)"};
  return out;
}

std::string exhaustion(const api::AddressPool& pool, const api::AddressPoolStatus& numbers) {
  const bool no_v4 = has_family(pool, net::Family::kIPv4) && numbers.available_ipv4 == 0;
  const bool no_v6 = has_family(pool, net::Family::kIPv6) && numbers.available_ipv6 == 0;
  if (numbers.available_ipv4 + numbers.available_ipv6 == 0) return "no address is left";
  if (no_v4) return "no IPv4 address is left";
  return no_v6 ? "no IPv6 address is left" : "";
}

api::AddressPoolStatus pool_numbers(const api::AddressPool& pool, const std::set<net::IpAddress>& used,
                                    const ReservedAddresses& reserved) {
  api::AddressPoolStatus out;
  std::vector<net::AddressRange> ranges = pool.spec.addresses;
  std::sort(ranges.begin(), ranges.end());
  for (const auto& range : ranges) {
    const bool v4 = range.first.is_v4();
    std::int64_t& available = v4 ? out.available_ipv4 : out.available_ipv6;
    std::int64_t& assigned = v4 ? out.assigned_ipv4 : out.assigned_ipv6;
    for (const auto& prefix : net::exact_cover(range)) out.cidrs.push_back(net::to_string(prefix));
    for (const auto& part : reserved.rest_of(range)) {
      available = std::min(kSaturated, available + size_of(part));
      if (pool.spec.avoid_buggy_ips) available -= buggy_in(part);
    }
    for (auto one = used.lower_bound(range.first); one != used.end() && *one <= range.last; ++one) {
      ++assigned;
      if (gives(pool, *one) && !reserved.find(*one)) --available;
    }
  }
  return out;
}

}  // namespace fairlead::controller
