#include "node/agent/virtual_router_view.h"

#include <algorithm>
#include <utility>

namespace fairlead::agent {

void InterfaceView::know(const VrrpOrder& order) {
  known_.insert(order.owned.begin(), order.owned.end());
  for (const auto& [name, plan] : order.groups) {
    known_.insert(plan.addresses.begin(), plan.addresses.end());
    known_.insert(plan.excluded.begin(), plan.excluded.end());
  }
  marked_.reset();
}

const address::Interfaces& InterfaceView::of(const address::Interfaces& told, bool tag_forgotten) {
  if (!tag_forgotten) return told;
  if (!marked_) {
    marked_ = told;
    address::mark_ours(*marked_, known_);
  }
  return *marked_;
}

std::vector<api::ReportedInterface> reported(const address::Interfaces& interfaces) {
  std::vector<api::ReportedInterface> out;
  for (const auto& [index, interface] : interfaces) {
    api::ReportedInterface entry{interface.name, interface.mtu, interface.up, {}, interface.gateways};
    for (const address::InterfaceAddress& address : interface.addresses) {
      if (address.global && !address.ours && !address.deprecated) entry.addresses.push_back(address.prefix);
    }
    if (entry.addresses.empty()) continue;
    for (const address::InterfaceAddress& address : interface.addresses) {
      const bool link_local = !address.prefix.address.is_v4() && address.prefix.address.is_link_local();
      if (link_local && !address.ours && !address.tentative) entry.addresses.push_back(address.prefix);
    }
    out.push_back(std::move(entry));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

}  // namespace fairlead::agent
