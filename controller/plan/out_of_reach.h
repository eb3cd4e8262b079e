#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

// Groups that are there and cannot be changed now: nodes hold their addresses all the same, so that no other
// group gets one of these (I-7), and whose they are they stay.
namespace fairlead::controller {

// True if a group's list of addresses, or its spec as such, could not be read whole, by what was wrong with
// it.
bool hides_addresses(const std::vector<api::Problem>& problems);

// VRRPGroups of which no version could ever be read, as after a change of release (FC-09): by name, what of
// them could be.
std::map<std::string, const api::VRRPGroup*> unread_groups(const Inputs& inputs);

// Where an address is that cannot be placed now.
struct OutOfReach {
  std::string group;
  std::string
      problem;  // why it cannot be read; empty: it is being deleted, and somebody's finalizer keeps it
  friend bool operator==(const OutOfReach&, const OutOfReach&) = default;
};

// Addresses of such groups, held or being released. Of a group whose addresses themselves cannot be read
// those that the status of some VirtualIP has there, of the group's family.
std::map<net::IpAddress, OutOfReach> out_of_reach(const Inputs& inputs);

}  // namespace fairlead::controller
