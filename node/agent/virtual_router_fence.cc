#include "node/agent/virtual_router_fence.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "node/address/fence.h"
#include "node/agent/problem.h"

namespace fairlead::agent {
namespace {

bool contains(const std::vector<filter::FencedGroup>& groups, const filter::FencedGroup& one) {
  return std::find(groups.begin(), groups.end(), one) != groups.end();
}

// Whether the group of that key wishes the address; one that is gone wishes nothing.
bool wishes(const std::vector<filter::FencedGroup>& all, const filter::FenceKey& key,
            const net::IpAddress& address) {
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& wish) { return wish.key == key && wish.addresses.contains(address); });
}

std::vector<std::string> not_fenced(const plan::GroupPlan& plan, const filter::FencedGroup& has) {
  std::vector<std::string> out;
  for (const auto* some : {&plan.addresses, &plan.excluded}) {
    for (const net::IpAddress& address : *some) {
      if (!has.addresses.contains(address)) out.push_back(to_string(address));
    }
  }
  return out;
}

}  // namespace

std::optional<filter::FencedGroup> fence_wish(const plan::GroupPlan& plan, Microseconds shortest_wait,
                                              const std::set<net::IpAddress>& held,
                                              const address::Interfaces& interfaces,
                                              const std::map<net::IpAddress, std::string>& foreign) {
  const auto* interface = address::find_interface(interfaces, plan.interface);
  if (interface == nullptr || plan.priority == vrrp::kOwner || plan.unicast) return std::nullopt;
  filter::FencedGroup wish{{interface->index, plan.family, plan.virtual_router_id},
                           interface->name,
                           held,
                           address::silent_after(Microseconds(plan.advertise_interval), shortest_wait),
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
  FenceStanding out;
  if (!wish || !answer) return out;
  out.held = contains(answer->held, *wish);
  if (out.held) return out;
  out.awaited = !contains(answer->tried, *wish);
  if (!out.awaited) out.why_not = answer->why_not;
  for (const filter::FencedGroup& has : answer->held) {
    if (has.key == wish->key) {
      out.older = has;
    } else if (!out.awaited) {
      // Few groups share an address: only of these the wishes are looked through.
      for (const net::IpAddress& address : wish->addresses) {
        if (has.addresses.contains(address) && !wishes(answer->tried, has.key, address)) {
          out.silenced.insert(address);
        }
      }
    }
  }
  return out;
}

std::optional<api::Condition> fence_overlap(const plan::GroupPlan& plan, Seconds lifetime,
                                            const FenceStanding& fence) {
  if (fence.held || plan.priority == vrrp::kOwner) return std::nullopt;
  if (fence.awaited && fence.older) return std::nullopt;  // over in a moment; nothing new is held before
  Microseconds longest = address::fence_overlap(lifetime, plan.min_active_down_interval);
  std::string of;
  if (fence.older) {
    const auto bare = not_fenced(plan, *fence.older);
    if (bare.empty()) {
      longest = std::min(
          longest, address::finer_fence_overlap(fence.older->silent_after, plan.min_active_down_interval));
      of = " by the finer fence of an earlier plan";
    } else {
      of = " for " + bare.front() +
           (bare.size() > 1 ? " and " + std::to_string(bare.size() - 1) + " more" : "");
    }
  }
  if (longest <= Microseconds(0)) return std::nullopt;
  const auto tenths = (longest.count() + 99999) / 100000;
  std::string message = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s" + of;
  if (!fence.why_not.empty()) {
    message += fence.older ? ", since the kernel keeps it as it was: " : ", without the finer fence: ";
    message += fence.why_not;
  }
  return api::Condition{"FenceOverlap",     api::ConditionStatus::kTrue, "LifetimeExceedsActiveDownInterval",
                        std::move(message), plan.version.generation,     {}};
}

std::optional<api::Condition> silence_problem(const net::IpAddress& address, const FenceStanding& fence) {
  if (!fence.silenced.contains(address)) return std::nullopt;
  return problem(
      "AddressSilenced", "FenceRefused",
      to_string(address) + " is silenced by what the kernel keeps of the finer fence: " + fence.why_not);
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
