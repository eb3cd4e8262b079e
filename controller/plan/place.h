#pragma once

#include <map>
#include <set>
#include <string>

#include "controller/plan/holdings.h"
#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/plan/seating.h"

// Addresses into groups, and groups as they should be (api.md, "Who is a member").
namespace fairlead::controller {

struct Placement {
  ByKey<api::VRRPGroup> groups;  // desired: name, labels, annotations, spec
  std::map<net::IpAddress, std::string> group_of;
  // Of addresses that are in no group because their claim does not name it: the one that it is to name.
  std::map<net::IpAddress, std::string> chosen;
  // Granted, and in no group before every node has let go, or their claim names it.
  std::set<net::IpAddress> moving;
  // NoEligibleNode, VirtualRouterIDsExhausted; InvalidSpec: it is in a group that cannot be read, or is to
  // be.
  std::map<api::ObjectKey, Refusal> refused;
};

// An address comes into a group that its claim names, and into no other (Seating::named): so two controllers
// that know nothing of each other give it to one group, since of two that name one for it one is refused.
// An address stays in its group as long as its VirtualIP holds it and is to be held by the nodes that the
// group is of, or any will do; else it leaves, and comes into another when every node has let go (draft.h),
// or back into that one at once. A new one opens a group until as many exist for its frame as the pool says,
// then joins the one with the fewest addresses (tie: lowest VRID). One that is in a group which is out of
// reach (out_of_reach.h) moves nowhere; one whose newest version cannot be read, though one before can, takes
// nobody in, for nothing is written of it. An address without a holder leaves, noted
// in the group's annotation (release.h); a group stays, empty, while members have not reported, and is then
// gone from `groups`. `held`: holdings() of the inputs.
Placement place(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held, const Seating& seating);

}  // namespace fairlead::controller
