#pragma once

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

}  // namespace fairlead::controller
