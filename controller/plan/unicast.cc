#include "controller/plan/unicast.h"

#include <algorithm>

namespace fairlead::controller {
namespace {

std::optional<net::IpAddress> present_address(const api::VRRPGroupSpec& before, const std::string& node) {
  for (const auto& member : before.members) {
    if (member.node == node) return member.unicast_address;
  }
  return std::nullopt;
}

bool has(const api::ReportedInterface& interface, const net::IpAddress& address) {
  return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                     [&](const net::Prefix& prefix) { return prefix.address == address; });
}

}  // namespace

std::optional<net::IpAddress> unicast_address(const Inputs& inputs, const api::VRRPGroupSpec& before,
                                              const api::GroupMember& member, const Demand& demand) {
  const auto present = present_address(before, member.node);
  const auto* report = find(inputs.node_reports, cluster_key(member.node));
  const auto site = report == nullptr ? std::nullopt : site_of(*report, demand.address, demand.interface);
  if (!site) return present;
  std::optional<net::IpAddress> first;
  for (const auto& interface : report->spec.interfaces) {
    if (interface.name != site->interface) continue;
    if (present && has(interface, *present)) return present;
    for (const auto& prefix : interface.addresses) {
      if (!first && prefix.network() == site->network) first = prefix.address;
    }
  }
  return first;
}

}  // namespace fairlead::controller
