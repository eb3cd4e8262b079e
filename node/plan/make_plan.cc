#include "node/plan/make_plan.h"

#include <algorithm>
#include <utility>

#include "node/plan/group_plans.h"

namespace fairlead::plan {
namespace {

// The slices of one VIP's servers: "shop/web-v4-0" and "shop/web-v4-1" have the stem "shop/web-v4".
struct Slices {
  std::map<int, const api::RealServerSet*> by_index;

  // True if every slice that slice 0 counts is there and counts the same.
  bool whole() const {
    const auto first = by_index.find(0);
    if (first == by_index.end()) return false;
    const int count = first->second->spec.slice_count;
    for (int i = 0; i < count; ++i) {
      const auto slice = by_index.find(i);
      if (slice == by_index.end() || slice->second->spec.slice_count != count) return false;
    }
    return true;
  }
};

// Those of files are whole by themselves: they have no namespace, and their whole name is the stem.
api::ObjectKey stem_of(const api::ObjectKey& key) {
  if (key.namespace_name.empty()) return key;
  const auto dash = key.name.rfind('-');
  return {key.namespace_name, dash == std::string::npos ? key.name : key.name.substr(0, dash)};
}

// An endpoint of Kubernetes, which has a node, is listed as Draining for as long as its Pod is there: one
// that leaves then is gone, and its address may be another Pod's. UDP has no end that could be waited for; a
// client that goes on sending would stay with a Pod that does not answer (kubernetes#105192). A server that
// somebody takes out of a VirtualIP by hand is there yet.
RealServerPlan real_server_plan(const api::VirtualServer& server, const api::RealServer& real) {
  const bool draining = real.state == api::RealState::kDraining;
  const bool is_endpoint = !real.node.empty();
  return {real.weight, is_endpoint && (draining || server.protocol == net::Protocol::kUdp)};
}

class SetPlanning {
 public:
  SetPlanning(const std::string& node, const GroupPlans& groups, const Plan& previous)
      : node_(node), groups_(groups), previous_(previous) {}

  void add(const api::ObjectKey& stem, const Slices& slices) {
    const bool whole = slices.whole();
    const int count = whole ? slices.by_index.at(0)->spec.slice_count : 0;
    for (const auto& [index, set] : slices.by_index) {
      if (!whole || index < count) add_set(stem, *set);
    }
    if (!whole) keep_previous(stem);
    for (const auto& [index, set] : slices.by_index) {
      if (whole) name_addresses(*set);
    }
  }

  void finish(Plan& plan, std::vector<PlanProblem>& problems) && {
    plan.virtual_servers = std::move(servers_);
    plan.sets = std::move(sets_);
    for (const auto& [address, forwarding] : groups_.forwarding) {
      if (forwarding != api::Forwarding::kDelegate && !named_.contains(address)) plan.awaited.insert(address);
    }
    std::move(problems_.begin(), problems_.end(), std::back_inserter(problems));
  }

 private:
  // `set` stands in a file if the group does, and comes from the API server if that does.
  static bool fits(const Version& set, const GroupPlan& group) {
    return is_from_file(set) == is_from_file(group.version);
  }

  bool belongs(const std::string& group, const net::IpAddress& address) const {
    const auto found = groups_.groups.find(group);
    return found != groups_.groups.end() && found->second.addresses.contains(address);
  }

  void add_set(const api::ObjectKey& stem, const api::RealServerSet& set) {
    const auto group = groups_.groups.find(set.spec.group);
    if (group == groups_.groups.end()) return;
    SetPlan plan{version_of(set, group->second.version.config_epoch), set.spec.group, {}};
    if (!fits(plan.version, group->second)) return;
    for (std::size_t i = 0; i < set.spec.virtual_servers.size(); ++i) {
      const auto& server = set.spec.virtual_servers[i];
      if (server.forwarding == api::Forwarding::kDelegate || !belongs(plan.group, server.address)) continue;
      const VirtualServerKey key{server.address, server.protocol, server.port};
      const std::string path = "spec.virtualServers[" + std::to_string(i) + "]";
      const auto of_address = forwarding_.try_emplace(key.address, server.forwarding).first->second;
      if (of_address != server.forwarding) {
        refuse(
            set, Refusal::kInvalidSpec,
            {path + ".forwarding", "must be " + std::string(api::to_string(of_address)) +
                                       ", as of the other virtual servers of " + net::to_string(key.address) +
                                       ", got " + std::string(api::to_string(server.forwarding))});
      } else if (may_describe(stem, set.spec.slice_index, key)) {
        plan.servers.push_back(add_server(key, server, plan.group));
      } else {
        refuse(set, Refusal::kAddressInUse,
               {path, to_string(key) + " is described by another RealServerSet"});
      }
    }
    sets_.insert({api::key_of(set.meta), std::move(plan)});
  }

  void refuse(const api::RealServerSet& set, Refusal refusal, api::Problem problem) {
    problems_.push_back({"RealServerSet", api::key_of(set.meta), refusal, std::move(problem)});
  }

  // A virtual server of more than 1,000 real servers stands in several slices of one set, in each once.
  bool may_describe(const api::ObjectKey& stem, int slice, const VirtualServerKey& key) {
    const auto [found, is_first] = described_.insert({key, {stem, slice}});
    if (is_first) return true;
    if (!(found->second.first == stem) || found->second.second == slice) return false;
    found->second.second = slice;
    return true;
  }

  // While slices differ, since the controller writes one after the other, the first has its way.
  SetPart add_server(const VirtualServerKey& key, const api::VirtualServer& server,
                     const std::string& group) {
    VirtualServerPlan& plan = servers_
                                  .insert({key, VirtualServerPlan{group,
                                                                  server.forwarding,
                                                                  server.scheduler,
                                                                  {},
                                                                  server.health_checks,
                                                                  server.on_unhealthy,
                                                                  server.traffic}})
                                  .first->second;
    const auto before = plan.reals.size();
    const bool local = server.external_traffic_policy == api::ExternalTrafficPolicy::kLocal;
    for (const auto& real : server.reals) {
      if (local && real.node != node_) continue;
      plan.reals.insert({net::Endpoint{real.address, real.port}, real_server_plan(server, real)});
    }
    return {key, static_cast<int>(before), static_cast<int>(plan.reals.size() - before)};
  }

  // Nothing of a set that is not there as a whole is removed.
  void keep_previous(const api::ObjectKey& stem) {
    for (const auto& [key, set] : previous_.sets) {
      if (!(stem_of(key) == stem)) continue;
      const auto group = groups_.groups.find(set.group);
      if (group == groups_.groups.end() || !fits(set.version, group->second)) continue;
      for (const auto& part : set.servers) {
        const auto old = previous_.virtual_servers.find(part.key);
        if (old == previous_.virtual_servers.end() || !belongs(set.group, part.key.address)) continue;
        auto& reals = servers_.insert(*old).first->second.reals;
        reals.insert(old->second.reals.begin(), old->second.reals.end());
        named_.insert(part.key.address);
      }
      sets_.insert({key, set});
    }
  }

  void name_addresses(const api::RealServerSet& set) {
    for (const auto& server : set.spec.virtual_servers) {
      if (!belongs(set.spec.group, server.address)) continue;
      const GroupPlan& group = groups_.groups.at(set.spec.group);
      if (fits(version_of(set, group.version.config_epoch), group)) named_.insert(server.address);
    }
  }

  const std::string& node_;
  const GroupPlans& groups_;
  const Plan& previous_;
  std::map<VirtualServerKey, VirtualServerPlan> servers_;
  std::map<VirtualServerKey, std::pair<api::ObjectKey, int>> described_;  // stem, and slice seen last
  std::map<net::IpAddress, api::Forwarding> forwarding_;                  // of their addresses
  std::map<api::ObjectKey, SetPlan> sets_;
  std::set<net::IpAddress> named_;  // their servers are known
  std::vector<PlanProblem> problems_;
};

// The slices that make up the whole, and the keys of those set aside.
std::map<api::ObjectKey, Slices> usable_slices(const std::map<api::ObjectKey, api::RealServerSet>& sets,
                                               std::vector<PlanProblem>& problems) {
  std::map<api::ObjectKey, Slices> out;
  for (const auto& [key, set] : sets) {
    auto found = check(set);
    if (found.empty()) out[stem_of(key)].by_index.insert({set.spec.slice_index, &set});
    std::move(found.begin(), found.end(), std::back_inserter(problems));
  }
  return out;
}

}  // namespace

MadePlan make_plan(const NodeIdentity& node, const std::map<std::string, api::VRRPGroup>& groups,
                   const std::map<api::ObjectKey, api::RealServerSet>& sets, const Passwords& passwords,
                   const Plan& previous) {
  MadePlan out;
  GroupPlans routers = plan_groups(node, groups, passwords);
  const auto slices = usable_slices(sets, out.problems);
  SetPlanning planning(node.name, routers, previous);
  for (const auto& [stem, parts] : slices) planning.add(stem, parts);
  std::move(planning).finish(out.plan, out.problems);
  for (const auto& [name, group] : groups) {
    if (!routers.groups.contains(name)) out.plan.not_run.insert({name, version_of(group)});
  }
  out.plan.groups = std::move(routers.groups);
  out.problems.insert(out.problems.begin(), routers.problems.begin(), routers.problems.end());
  return out;
}

}  // namespace fairlead::plan
