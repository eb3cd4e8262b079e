#pragma once

#include <map>
#include <set>
#include <string>

#include "controller/plan/claim.h"
#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"

// Addresses into groups, and groups as they should be (api.md, "Who is a member").
namespace fairlead::controller {

struct Placement {
  ByKey<api::VRRPGroup> groups;  // desired: name, labels, annotations, spec
  std::map<net::IpAddress, std::string> group_of;
  std::map<api::ObjectKey, Refusal> refused;  // NoEligibleNode, VirtualRouterIDsExhausted
};

// What place() is to do.
struct Seating {
  Claims claims;
  std::set<std::string> frozen;   // UIDs of VirtualIPs whose present addresses stay as they are
  std::set<std::string> unready;  // UIDs that may not be placed yet: their finalizer is not written (K-30)
  // Granted addresses whose claim is not cached yet; they are not placed before (kubernetes.md 3), and what
  // their VirtualIPs, by UID, have meanwhile they keep.
  std::set<net::IpAddress> unclaimed;
  std::set<std::string> moving;
};

// An address stays in its group as long as its VirtualIP holds it. A new one opens a group until as many
// exist for its frame as the pool says, then joins the one with the fewest addresses (tie: lowest VRID). An
// address without a holder leaves, noted in the group's annotation (release.h); a group stays, empty, while
// members have not reported, and is then gone from `groups`.
Placement place(const Inputs& inputs, const Seating& seating);

}  // namespace fairlead::controller
