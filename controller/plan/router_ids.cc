#include "controller/plan/router_ids.h"

#include "controller/plan/names.h"
#include "controller/plan/out_of_reach.h"
#include "controller/plan/own_speakers.h"

namespace fairlead::controller {
namespace {

constexpr int kLastRouterId = 255;

}  // namespace

RouterIds::RouterIds(const Inputs& inputs) : inputs_(inputs) {
  for (const auto& [key, group] : inputs.groups) take(group);
  for (const auto& [name, group] : unread_groups(inputs)) take(*group);
  const OwnSpeakers own(inputs);
  for (const auto& [key, report] : inputs.node_reports) {
    for (const auto& heard : report.spec.heard_virtual_routers) {
      if (own.contains(heard)) continue;  // a group of ours has it, or had
      heard_[{heard.family, key.name, heard.interface}].set(
          static_cast<std::size_t>(heard.virtual_router_id));
    }
  }
}

void RouterIds::take(const api::VRRPGroup& group) {
  const auto id = static_cast<std::size_t>(group.spec.virtual_router_id);
  for (const auto& member : group.spec.members) {
    const std::string& interface = member.interface.empty() ? group.spec.interface : member.interface;
    of_groups_[{group.spec.family, member.node, interface}].set(id);
  }
  for (auto& [segment, ids] : named_) {
    if (group.meta.name == group_name(segment.first, segment.second, group.spec.virtual_router_id))
      ids.set(id);
  }
}

const RouterIds::Ids& RouterIds::named(const std::string& segment, net::Family family) {
  const auto [known, is_new] = named_.try_emplace({segment, family});
  for (int id = 1; is_new && id <= kLastRouterId; ++id) {
    const auto key = cluster_key(group_name(segment, family, id));
    known->second.set(static_cast<std::size_t>(id),
                      inputs_.groups.contains(key) || inputs_.poisoned_groups.contains(key));
  }
  return known->second;
}

RouterIds::Ids RouterIds::free(const api::AddressPool& pool, const Candidates& candidates,
                               const std::string& segment, net::Family family) {
  Ids taken = named(segment, family);
  for (const auto& [node, site] : candidates.eligible) {
    const Place place{family, node, site.interface};
    for (const auto* map : {&of_groups_, &heard_}) {
      if (const auto found = map->find(place); found != map->end()) taken |= found->second;
    }
  }
  Ids allowed;
  for (const auto& [low, high] : pool.spec.vrrp.virtual_router_ids) {
    for (int id = low; id <= high; ++id) allowed.set(static_cast<std::size_t>(id));
  }
  return allowed & ~taken;
}

bool RouterIds::is_taken(int id, net::Family family, const std::string& node,
                         const std::string& interface) const {
  const auto found = of_groups_.find({family, node, interface});
  return found != of_groups_.end() && found->second.test(static_cast<std::size_t>(id));
}

}  // namespace fairlead::controller
