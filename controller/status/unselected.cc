#include "controller/status/unselected.h"

#include <algorithm>

#include "controller/plan/frame.h"
#include "controller/plan/holdings.h"

namespace fairlead::controller {

bool Unselected::is_for_some_node(const api::LabelSelector& selector) {
  if (selector.requirements.empty()) return true;
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const auto& known) { return known.first == selector; });
  if (found != known_.end()) return found->second;
  const auto& nodes = inputs_.nodes;
  const bool some = std::any_of(nodes.begin(), nodes.end(), [&](const auto& entry) {
    return api::matches(selector, entry.second.meta.labels);
  });
  known_.emplace_back(selector, some);
  return some;
}

std::string Unselected::why(const api::VirtualIP& virtual_ip, const net::IpAddress& address) {
  const auto* claim = claim_of(inputs_, address);
  const auto* pool = claim == nullptr ? nullptr : find(inputs_.pools, cluster_key(claim->spec.pool));
  if (pool == nullptr || inputs_.nodes.empty()) return "";
  if (is_for_some_node(demand_of(*pool, address, virtual_ip.spec).node_selector)) return "";
  const bool by_pool = !is_for_some_node(pool->spec.node_selector);
  const bool by_itself = !is_for_some_node(virtual_ip.spec.placement.node_selector);
  const std::string pools = "nodeSelector of AddressPool " + pool->meta.name;
  const std::string own = "placement.nodeSelector of the VirtualIP";
  const std::string whose = by_pool ? pools : by_itself ? own : pools + " and " + own + " together";
  return "no node is selected any more by " + whose + ": " + net::to_string(address) +
         " stays with the members that its group has";
}

}  // namespace fairlead::controller
