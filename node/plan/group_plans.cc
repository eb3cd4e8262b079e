#include "node/plan/group_plans.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "node/plan/group_plan.h"

namespace fairlead::plan {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

// Oldest first: in a collision the younger goes without (api.md, Names of generated objects). Files of the
// node come before everything else (kubernetes.md 1, static manifests).
std::vector<const api::VRRPGroup*> by_age(const std::map<std::string, api::VRRPGroup>& groups) {
  std::vector<const api::VRRPGroup*> out;
  for (const auto& [name, group] : groups) out.push_back(&group);
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
    const bool a_later = !is_from_file(version_of(*a));
    const bool b_later = !is_from_file(version_of(*b));
    return std::tie(a_later, a->meta.creation_timestamp, a->meta.uid, a->meta.name) <
           std::tie(b_later, b->meta.creation_timestamp, b->meta.uid, b->meta.name);
  });
  return out;
}

std::size_t index_of(const NodeIdentity& node, const std::vector<api::GroupMember>& members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].node == node.name) return i;
  }
  return kNobody;
}

bool has_link_local(const std::set<net::IpAddress>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(),
                     [](const net::IpAddress& address) { return address.is_link_local(); });
}

// Adds groups one after the other, the oldest first.
class Adding {
 public:
  void add(const api::VRRPGroup& group, GroupPlan plan) {
    const auto [holder, free] =
        routers_.insert({{plan.interface, plan.family, plan.virtual_router_id}, plan.name});
    if (!free) {
      out_.problems.push_back(problem_of(
          group, refusal(group, holder->second, Refusal::kVirtualRouterIdInUse), "spec.virtualRouterID",
          std::to_string(plan.virtual_router_id.value()) + " is that of " + named(holder->second) + " on " +
              plan.interface));
      return;
    }
    take_addresses(group, plan);
    const bool wants_link_local = plan.family == net::Family::kIPv6 && !plan.addresses.empty();
    if (wants_link_local && !has_link_local(plan.addresses)) {
      plan.addresses.insert(default_link_local(plan.virtual_router_id));
    }
    out_.groups.insert({group.meta.name, std::move(plan)});
  }
  void report(PlanProblem problem) { out_.problems.push_back(std::move(problem)); }
  GroupPlans take() { return std::move(out_); }

 private:
  bool is_of_a_file(const std::string& name) const {
    const auto found = out_.groups.find(name);
    return found != out_.groups.end() && is_from_file(found->second.version);
  }
  // Why `group` goes without what `holder` has.
  Refusal refusal(const api::VRRPGroup& group, const std::string& holder, Refusal otherwise) const {
    return is_of_a_file(holder) && !is_from_file(version_of(group)) ? Refusal::kStaticConflict : otherwise;
  }
  std::string named(const std::string& holder) const {
    return holder + (is_of_a_file(holder) ? " in a file of this node" : "");
  }

  // True if `address` is not another group's. A link-local one is another on every interface.
  bool take(const api::VRRPGroup& group, const GroupPlan& plan, const net::IpAddress& address,
            const std::string& path) {
    const std::string zone = address.is_link_local() ? plan.interface : "";
    const auto [holder, free] = holders_.insert({{zone, address}, plan.name});
    if (free || holder->second == plan.name) return true;
    report(problem_of(group, refusal(group, holder->second, Refusal::kAddressInUse), path,
                      net::to_string(address) + " belongs to " + named(holder->second)));
    return false;
  }

  void take_addresses(const api::VRRPGroup& group, GroupPlan& plan) {
    for (std::size_t i = 0; i < group.spec.addresses.size(); ++i) {
      const auto& address = group.spec.addresses[i];
      if (take(group, plan, address.address, "spec.addresses[" + std::to_string(i) + "].address")) {
        out_.forwarding[address.address] = address.forwarding;
      } else {
        plan.addresses.erase(address.address);
      }
    }
    for (std::size_t i = 0; i < group.spec.excluded_addresses.size(); ++i) {
      const auto& address = group.spec.excluded_addresses[i].address;
      const std::string path = "spec.excludedAddresses[" + std::to_string(i) + "].address";
      if (!take(group, plan, address, path)) plan.excluded.erase(address);
    }
  }

  GroupPlans out_;
  std::map<std::tuple<std::string, net::Family, vrrp::VirtualRouterId>, std::string> routers_;
  std::map<std::pair<std::string, net::IpAddress>, std::string> holders_;
};

}  // namespace

GroupPlans plan_groups(const NodeIdentity& node, const std::map<std::string, api::VRRPGroup>& groups,
                       const Passwords& passwords) {
  Adding adding;
  for (const auto* group : by_age(groups)) {
    const std::size_t self = index_of(node, group->spec.members);
    if (self == kNobody) continue;
    const auto& uid = group->spec.members[self].node_uid;
    const std::string path = "spec.members[" + std::to_string(self) + "].nodeUID";
    auto problems = check(*group);
    if (!uid.empty() && !node.uid.empty() && uid != node.uid) {
      problems.push_back(problem_of(*group, Refusal::kOtherNode, path,
                                    "names another node called " + node.name + ", our UID is " + node.uid));
    }
    if (problems.empty()) problems = obstacles(*group, self, passwords);
    if (problems.empty()) {
      GroupPlan plan = group_plan(*group, self, passwords);
      problems = shortcomings(*group, self, passwords, plan);
      adding.add(*group, std::move(plan));
    }
    for (auto& problem : problems) adding.report(std::move(problem));
  }
  return adding.take();
}

}  // namespace fairlead::plan
