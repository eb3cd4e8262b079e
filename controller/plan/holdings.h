#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

// Which VirtualIP holds which address now. Before AddressClaims exist, the owners in the VRRPGroups are the
// record of it: an address is held from the write that put it into a group until the write that took it out.
namespace fairlead::controller {

struct Holding {
  std::string group;        // name of the VRRPGroup
  api::AddressOwner owner;  // empty: listed by hand
  bool excluded = false;    // in excludedAddresses, which only people fill
  friend bool operator==(const Holding&, const Holding&) = default;
};

// Of two groups with one address, the older.
std::map<net::IpAddress, Holding> holdings(const Inputs& inputs);

// True if this VirtualIP, by UID, owns some address in some group.
bool holds_any(const std::map<net::IpAddress, Holding>& held, const std::string& uid);

}  // namespace fairlead::controller
