#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/plan/validate.h"

// One address, one holder (api.md, Release: "Two VirtualIPs ask for one address").
namespace fairlead::controller {

struct Claims {
  // The first has had it longest, or is the oldest; the others share it with him. Never empty.
  std::map<net::IpAddress, std::vector<Wish>> granted;
  // AddressInUse, SharingConflict, PoolExhausted; the message names the holder.
  std::map<api::ObjectKey, Refusal> refused;
};

// Who gets what was asked for by name, or is had already. Whoever has the address in a group keeps it as long
// as it exists, asks for it and is not being deleted; then who holds its AddressClaim; with neither, the
// older creationTimestamp, then the smaller UID. A claim of which every holder is gone goes, and whoever
// comes next waits for it, without a refusal. An address that some node may still hold is nobody's, unless it
// moves from one group to another, and one whose group and claim name two that both exist changes hands to
// neither. Others may have it, too, as far as sharing.h lets them.
Claims claim(const Ground& ground, const std::vector<Wish>& wishes);

// A VirtualIP gets all of its addresses or none it does not have already: takes back from those refused.
void take_back(const Ground& ground, Claims& claims);

}  // namespace fairlead::controller
