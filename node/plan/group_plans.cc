#include "node/plan/group_plans.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace fairlead::plan {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

PlanProblem problem_of(const api::VRRPGroup& group, Refusal refusal, std::string path, std::string message) {
  return {"VRRPGroup", api::key_of(group.meta), refusal, {std::move(path), std::move(message)}};
}

// Oldest first: in a collision the younger goes without (api.md, Names of generated objects).
std::vector<const api::VRRPGroup*> by_age(const std::map<std::string, api::VRRPGroup>& groups) {
  std::vector<const api::VRRPGroup*> out;
  for (const auto& [name, group] : groups) out.push_back(&group);
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
    return std::tie(a->meta.creation_timestamp, a->meta.uid, a->meta.name) <
           std::tie(b->meta.creation_timestamp, b->meta.uid, b->meta.name);
  });
  return out;
}

std::size_t index_of(const NodeIdentity& node, const std::vector<api::GroupMember>& members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].node == node.name) return i;
  }
  return kNobody;
}

// The smallest Active_Down_Interval that any other member has: that of the highest priority among them. A
// member alone has only itself to be succeeded by.
Microseconds min_active_down_interval(const api::VRRPGroupSpec& spec, std::size_t self,
                                      vrrp::Centiseconds interval) {
  int highest = 0;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    if (i != self || spec.members.size() == 1) highest = std::max(highest, spec.members[i].priority);
  }
  return vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(static_cast<std::uint8_t>(highest)),
                                    interval);
}

// REQUIRES: check(group) is empty.
GroupPlan group_plan(const api::VRRPGroup& group, std::size_t self) {
  const auto& spec = group.spec;
  const auto& member = spec.members[self];
  GroupPlan out;
  out.name = group.meta.name;
  out.version = version_of(group);
  out.family = spec.family;
  out.virtual_router_id = *vrrp::make_virtual_router_id(spec.virtual_router_id);
  out.interface = member.interface.empty() ? spec.interface : member.interface;
  out.priority = *vrrp::make_priority(member.priority);
  out.advertise_interval = *vrrp::make_advertise_interval(out.vrrp_version, spec.advert_interval);
  out.preempt = spec.preempt;
  out.preempt_delay = spec.preempt_delay;
  out.checksum =
      spec.checksum == api::Checksum::kRfc5798 ? vrrp::ChecksumForm::kRfc5798 : vrrp::ChecksumForm::kRfc9568;
  for (const auto& address : spec.addresses) out.addresses.insert(address.address);
  out.min_active_down_interval = min_active_down_interval(spec, self, out.advertise_interval);
  out.fence_lifetime = spec.fence_lifetime;
  return out;
}

// Adds groups one after the other, the oldest first.
class Adding {
 public:
  void add(const api::VRRPGroup& group, std::size_t self) {
    GroupPlan plan = group_plan(group, self);
    const auto [holder, free] =
        routers_.insert({{plan.interface, plan.family, plan.virtual_router_id}, plan.name});
    if (!free) {
      out_.problems.push_back(problem_of(group, Refusal::kVirtualRouterIdInUse, "spec.virtualRouterID",
                                         std::to_string(plan.virtual_router_id.value()) + " is that of " +
                                             holder->second + " on " + plan.interface));
      return;
    }
    take_addresses(group, plan);
    out_.groups.insert({group.meta.name, std::move(plan)});
  }
  void report(PlanProblem problem) { out_.problems.push_back(std::move(problem)); }
  GroupPlans take() { return std::move(out_); }

 private:
  void take_addresses(const api::VRRPGroup& group, GroupPlan& plan) {
    for (std::size_t i = 0; i < group.spec.addresses.size(); ++i) {
      const auto& address = group.spec.addresses[i];
      const auto [holder, free] = holders_.insert({address.address, plan.name});
      if (free) {
        out_.forwarding[address.address] = address.forwarding;
      } else if (holder->second != plan.name) {
        plan.addresses.erase(address.address);
        report(problem_of(group, Refusal::kAddressInUse, "spec.addresses[" + std::to_string(i) + "].address",
                          net::to_string(address.address) + " belongs to " + holder->second));
      }
    }
  }

  GroupPlans out_;
  std::map<std::tuple<std::string, net::Family, vrrp::VirtualRouterId>, std::string> routers_;
  std::map<net::IpAddress, std::string> holders_;
};

}  // namespace

GroupPlans plan_groups(const NodeIdentity& node, const std::map<std::string, api::VRRPGroup>& groups) {
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
    if (problems.empty()) adding.add(*group, self);
    for (auto& problem : problems) adding.report(std::move(problem));
  }
  return adding.take();
}

}  // namespace fairlead::plan
