#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/desired.h"
#include "controller/status/conditions.h"
#include "controller/status/denials.h"
#include "controller/status/group_status.h"

// The whole answer to one VirtualIP (api.md, VirtualIP status; kubernetes.md 6).
namespace fairlead::controller {

// One address the VirtualIP holds, where.
struct HeldAddress {
  net::IpAddress address;
  const api::VRRPGroup* group = nullptr;
  const GroupSummary* summary = nullptr;
};

struct Report {
  const api::VirtualIP* virtual_ip = nullptr;
  const Decision* decision = nullptr;
  std::vector<HeldAddress> held;  // sorted by address
  std::vector<const api::RealServerSet*> sets;
  std::string unselected{};      // why it stays though no node is selected any more (unselected.h)
  std::vector<Undone> undone{};  // its objects of which others undo what we write (FC-04)
  std::vector<Denied> denied{};  // and of which the API server refuses what we write (FC-18)
  bool just_begun = false;       // of that not all is known again yet (eligible.h)
};

// True if its group is there and cannot be read: what was last known of it stays.
bool is_hidden(const Decision& decision);

// On an error the last truth stays, plus a condition. Master and last transition are those of the first
// address, the state is the worst of all. It stays Programmed while its groups change for others only. `now`
// is for conditions, and for the time at which a master was first heard of.
api::VirtualIPStatus virtual_ip_status(const Report& report, WallTime now);

}  // namespace fairlead::controller
