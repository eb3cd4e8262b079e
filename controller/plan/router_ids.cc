#include "controller/plan/router_ids.h"

#include <algorithm>
#include <set>

#include "controller/plan/names.h"

namespace fairlead::controller {
namespace {

bool sits_there(const api::VRRPGroup& group, const Candidates& candidates) {
  return std::any_of(
      group.spec.members.begin(), group.spec.members.end(), [&](const api::GroupMember& member) {
        const auto site = candidates.eligible.find(member.node);
        const std::string& interface = member.interface.empty() ? group.spec.interface : member.interface;
        return site != candidates.eligible.end() && site->second.interface == interface;
      });
}

std::set<int> taken_ids(const Inputs& inputs, const ByKey<api::VRRPGroup>& groups,
                        const Candidates& candidates, net::Family family) {
  std::set<int> out;
  for (const auto* map : {&groups, &inputs.groups}) {
    for (const auto& [key, group] : *map) {
      if (group.spec.family == family && sits_there(group, candidates))
        out.insert(group.spec.virtual_router_id);
    }
  }
  for (const auto& [node, site] : candidates.eligible) {
    const auto* report = find(inputs.node_reports, cluster_key(node));
    if (report == nullptr) continue;
    for (const auto& heard : report->spec.heard_virtual_routers) {
      if (heard.family == family && heard.interface == site.interface) out.insert(heard.virtual_router_id);
    }
  }
  return out;
}

}  // namespace

std::vector<int> free_router_ids(const Inputs& inputs, const ByKey<api::VRRPGroup>& groups,
                                 const api::AddressPool& pool, const Candidates& candidates,
                                 const std::string& segment, net::Family family) {
  const std::set<int> taken = taken_ids(inputs, groups, candidates, family);
  std::set<int> allowed;
  for (const auto& [low, high] : pool.spec.vrrp.virtual_router_ids) {
    for (int id = low; id <= high; ++id) allowed.insert(id);
  }
  std::vector<int> out;
  for (const int id : allowed) {
    const auto key = cluster_key(group_name(segment, family, id));
    const bool named =
        groups.contains(key) || inputs.groups.contains(key) || inputs.poisoned_groups.contains(key);
    if (!named && !taken.contains(id)) out.push_back(id);
  }
  return out;
}

}  // namespace fairlead::controller
