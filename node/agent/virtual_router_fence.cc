#include "node/agent/virtual_router_fence.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "node/address/fence.h"

namespace fairlead::agent {
namespace {

bool contains(const std::vector<filter::FencedGroup>& groups, const filter::FencedGroup& one) {
  return std::find(groups.begin(), groups.end(), one) != groups.end();
}

}  // namespace

std::optional<filter::FencedGroup> fence_wish(const plan::GroupPlan& plan,
                                              const std::set<net::IpAddress>& held,
                                              const address::Interfaces& interfaces,
                                              const std::map<net::IpAddress, std::string>& foreign) {
  const auto* interface = address::find_interface(interfaces, plan.interface);
  if (interface == nullptr || plan.priority == vrrp::kOwner || plan.unicast) return std::nullopt;
  filter::FencedGroup wish{
      {interface->index, plan.family, plan.virtual_router_id},
      interface->name,
      held,
      address::silent_after(Microseconds(plan.advertise_interval), plan.min_active_down_interval),
      std::chrono::floor<Milliseconds>(Microseconds(plan.advertise_interval))};
  for (const auto* some : {&plan.addresses, &plan.excluded}) {
    for (const net::IpAddress& address : *some) {
      if (!foreign.contains(address)) wish.addresses.insert(address);
    }
  }
  if (wish.addresses.empty()) return std::nullopt;
  return wish;
}

FenceStanding fence_standing(const std::optional<filter::FencedGroup>& wish,
                             const std::optional<FenceReport>& answer) {
  if (!wish || !answer) return {};
  if (contains(answer->held, *wish)) return {false, true, ""};
  if (contains(answer->tried, *wish)) return {false, false, answer->why_not};
  return {true, false, ""};
}

std::vector<filter::FencedGroup> fence_wishes(std::vector<filter::FencedGroup> wishes,
                                              const std::vector<filter::FencedGroup>& before,
                                              const std::set<net::IpAddress>& held) {
  std::set<net::IpAddress> wished;
  for (const auto& group : wishes) wished.insert(group.addresses.begin(), group.addresses.end());
  for (filter::FencedGroup gone : before) {
    const bool lives =
        std::any_of(wishes.begin(), wishes.end(), [&](const auto& group) { return group.key == gone.key; });
    std::erase_if(gone.addresses,
                  [&](const auto& one) { return wished.contains(one) || !held.contains(one); });
    if (!lives && !gone.addresses.empty()) wishes.push_back(std::move(gone));
  }
  return wishes;
}

}  // namespace fairlead::agent
