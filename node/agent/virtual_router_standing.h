#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/api/meta.h"
#include "node/address/audit.h"
#include "node/address/link_history.h"
#include "node/agent/virtual_router_announcements.h"
#include "node/agent/virtual_router_fence.h"
#include "node/plan/plan.h"
#include "node/vrrp/machine.h"

namespace fairlead::agent {

// What a virtual router stands on.
struct Ground {
  const address::Interfaces& interfaces;
  const std::map<net::IpAddress, std::string>& foreign;  // address::foreign_holders() of these
  const address::LinkHistory& links;
  TimePoint now;
  const std::set<net::IpAddress>& ready;  // VIPs that may be held
  std::optional<std::string> deaf;        // why adverts cannot be heard on the router's interface, if so
  FenceStanding fence;
};

// Whether it can run there, and as what. Decides; changes nothing.
struct Standing {
  std::optional<api::Condition> problem;  // why not: Initialize
  // What that problem means for a router that runs: nothing can be sent (kLinkDown), or the others are to be
  // told.
  vrrp::Reason reason = vrrp::Reason::kLinkDown;
  std::optional<TimePoint> look_again;  // when a link will be believed
  vrrp::Priority priority{100};         // the plan's, with the weights of the tracked interfaces
  // Without a problem:
  AnnouncedLink link;
  net::IpAddress primary;    // IPvX_Source: of the interface, or configured
  bool routes_ipv6 = false;  // the node does on that interface
};

Standing standing(const plan::GroupPlan& plan, const Ground& ground);

}  // namespace fairlead::agent
