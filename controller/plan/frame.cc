#include "controller/plan/frame.h"

#include <algorithm>
#include <map>

#include "controller/plan/names.h"

namespace fairlead::controller {
namespace {

constexpr std::size_t kMostGroups = 8;

// The value counted most often; of several the smallest.
template <class T>
T most_common(const std::map<T, int>& counts) {
  auto best = counts.begin();
  for (auto entry = counts.begin(); entry != counts.end(); ++entry) {
    if (entry->second > best->second) best = entry;
  }
  return best->first;
}

}  // namespace

Demand demand_of(const api::AddressPool& pool, const net::IpAddress& address,
                 const api::VirtualIPSpec& virtual_ip) {
  Demand out{address, pool.spec.interface, pool.spec.node_selector,
             virtual_ip.forwarding != api::Forwarding::kDelegate, virtual_ip.placement.preferred_nodes};
  const auto& more = virtual_ip.placement.node_selector.requirements;
  out.node_selector.requirements.insert(out.node_selector.requirements.end(), more.begin(), more.end());
  return out;
}

Frame frame_of(const Inputs& inputs, const api::AddressPool& pool, const Demand& demand,
               const Candidates& candidates) {
  Frame out{demand.address.family(),
            segment_of_interface(pool.spec.interface),
            pool.spec.interface,
            pool.spec.vrrp,
            {},
            demand.node_selector,
            demand.preferred_nodes,
            demand.local_nodes};
  if (out.local_nodes && !out.local_nodes->empty()) out.local_nodes = selected(inputs, demand);
  std::map<net::Prefix, int> networks;
  for (const auto& [node, site] : candidates.eligible) {
    out.nodes.insert(node);
    ++networks[site.network];
  }
  if (pool.spec.interface.empty()) out.segment = segment_of(most_common(networks));
  return out;
}

std::string common_interface(const Candidates& candidates) {
  std::map<std::string, int> counts;
  for (const auto& [node, site] : candidates.eligible) ++counts[site.interface];
  return counts.empty() ? "" : most_common(counts);
}

std::size_t spread_of(const api::AddressPool& pool, const Frame& frame) {
  if (frame.local_nodes) return 1;
  if (pool.spec.groups > 0) return static_cast<std::size_t>(pool.spec.groups);
  return std::min(kMostGroups, frame.nodes.size());
}

std::size_t most_addresses(net::Family family) {
  const std::size_t listed = api::most_listed_addresses(family);
  return family == net::Family::kIPv4 ? listed : listed - 1;
}

}  // namespace fairlead::controller
