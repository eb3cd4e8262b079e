#include "controller/plan/out_of_reach.h"

#include <algorithm>
#include <set>
#include <variant>

#include "controller/plan/release.h"

namespace fairlead::controller {
namespace {

using Addresses = std::map<net::IpAddress, OutOfReach>;

void note(const api::VRRPGroup& group, const std::string& problem, Addresses& out) {
  const OutOfReach where{group.meta.name, problem};
  for (const auto& listed : group.spec.addresses) out.insert({listed.address, where});
  for (const auto& release : noted_releases(group)) {
    if (!is_turned_away(release)) out.insert({release.address, where});
  }
}

void note_by_status(const Inputs& inputs, const api::VRRPGroup& group, const OutOfReach& where,
                    Addresses& out) {
  for (const auto& [key, virtual_ip] : inputs.virtual_ips) {
    const auto& names = virtual_ip.status.groups;
    if (std::find(names.begin(), names.end(), group.meta.name) == names.end()) continue;
    for (const auto& text : virtual_ip.status.addresses) {
      const auto address = net::parse_address(text);
      if (address && address->family() == group.spec.family) out.insert({*address, where});
    }
  }
}

}  // namespace

bool hides_addresses(const std::vector<api::Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(), [](const api::Problem& problem) {
    return problem.path.empty() || problem.path == "spec" || problem.path.starts_with("spec.addresses") ||
           problem.path == "spec.family";
  });
}

std::map<std::string, const api::VRRPGroup*> unread_groups(const Inputs& inputs) {
  std::map<std::string, const api::VRRPGroup*> out;
  for (const auto& [key, poisoned] : inputs.poisoned_groups) {
    const auto* partly_read = std::get_if<api::VRRPGroup>(&poisoned.object);
    if (partly_read != nullptr && !inputs.groups.contains(key)) out.insert({key.name, partly_read});
  }
  return out;
}

Addresses out_of_reach(const Inputs& inputs) {
  Addresses out;
  for (const auto& [name, group] : unread_groups(inputs)) {
    const auto& poisoned = inputs.poisoned_groups.at(cluster_key(name));
    const OutOfReach where{name, api::to_string(poisoned.problems)};
    note(*group, where.problem, out);
    if (hides_addresses(poisoned.problems)) note_by_status(inputs, *group, where, out);
  }
  for (const auto& [key, group] : inputs.groups) {
    if (group.meta.deleting) note(group, "", out);
  }
  return out;
}

}  // namespace fairlead::controller
