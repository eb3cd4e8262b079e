#pragma once

#include <map>
#include <set>
#include <string>

#include "controller/plan/claim.h"

// AddressClaim objects as they should be (kubernetes.md 1, "Claim life").
namespace fairlead::controller {

// Every claim that should exist: those to be made have no UID. A claim stays while one of its holders has the
// address: was granted it, is frozen, being deleted or unreadable (`stands`: its claims stay, whatever it
// asks for), has it in a group, or some node has not reported that it let go. The others go, last of all.
// Who shares the address is in status.holders as soon as he comes, and is taken out like this, too.
// Made is the claim of every granted address, for the first who is not `unready` (K-30).
struct ClaimPlan {
  std::set<std::string> stands;   // UIDs
  std::set<std::string> unready;  // UIDs
};
ByKey<api::AddressClaim> address_claims(const Ground& ground, const Claims& claims, const ClaimPlan& plan);

// The group that each of these names, of those that name one.
std::map<net::IpAddress, std::string> groups_named(const ByKey<api::AddressClaim>& claims);

// Names in each claim the group that its address is in, or that is `chosen` for it. Nobody puts the address
// into another one: so the choice of the group is locked, too. The keys of those whose address is in a group
// that they did not name, as an older controller left them.
std::set<api::ObjectKey> name_groups(const Ground& ground,
                                     const std::map<net::IpAddress, std::string>& chosen,
                                     ByKey<api::AddressClaim>& claims);

}  // namespace fairlead::controller
