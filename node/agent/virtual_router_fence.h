#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/meta.h"
#include "node/address/audit.h"
#include "node/agent/messages.h"
#include "node/plan/plan.h"

// The finer fence (node/filter/fence.h) as the vrrp thread sees it. It wishes; the forwarding thread, which
// may wait for the kernel, carries out and answers. Whether a group is Active plays no part: its adverts tell
// that. Pure.
namespace fairlead::agent {

// What the finer fence is to hold of a group: its addresses but those that somebody else has configured here,
// and `held`, those that are there. Nothing of an owner, whose addresses stay; nor of a group with named
// peers, since an advert to one that cannot be reached never leaves, and would not count; nor without the
// interface. `shortest_wait`: ADI_min (virtual_router_wait.h). `foreign`: address::foreign_holders() of
// these.
std::optional<filter::FencedGroup> fence_wish(const plan::GroupPlan& plan, Microseconds shortest_wait,
                                              const std::set<net::IpAddress>& held,
                                              const address::Interfaces& interfaces,
                                              const std::map<net::IpAddress, std::string>& foreign);

// How it stands with the finer fence of one group.
struct FenceStanding {
  bool awaited = false;  // not answered yet: no new address may be held
  bool held = false;     // by the kernel, as wished
  std::string why_not;   // the kernel's reason; empty if it was not asked
  // Not held as wished: what the kernel has of the group in its place. By that the group's addresses go on
  // falling silent, some time after each advert.
  std::optional<filter::FencedGroup> older;
  // Refused: addresses of the wish that the kernel has for other groups, which wish them no longer. No advert
  // of this group makes them heard.
  std::set<net::IpAddress> silenced;
  friend bool operator==(const FenceStanding&, const FenceStanding&) = default;
};
FenceStanding fence_standing(const std::optional<filter::FencedGroup>& wish,
                             const std::optional<FenceReport>& answer);

// FenceOverlap: for how long two nodes may answer when this daemon dies, as the lifetimes and what the kernel
// has of the finer fence leave it; nothing where that is not at all.
std::optional<api::Condition> fence_overlap(const plan::GroupPlan& plan, Seconds lifetime,
                                            const FenceStanding& fence);

// AddressSilenced: that nothing the group does makes the address heard.
std::optional<api::Condition> silence_problem(const net::IpAddress& address, const FenceStanding& fence);

// The wishes of all groups, and of those that were wished `before` and are gone what is left of them in
// `held`, lest an address that could not be removed is heard.
std::vector<filter::FencedGroup> fence_wishes(std::vector<filter::FencedGroup> wishes,
                                              const std::vector<filter::FencedGroup>& before,
                                              const std::set<net::IpAddress>& held);

}  // namespace fairlead::agent
