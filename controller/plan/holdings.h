#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

// Which VirtualIP has which address now: by the owners in the VRRPGroups, where an address is held from the
// write that put it into a group until the write that took it out, and by AddressClaims, which come before
// and go after.
namespace fairlead::controller {

struct Holding {
  std::string group;                      // name of the VRRPGroup
  std::vector<api::AddressOwner> owners;  // empty: listed by hand
  bool excluded = false;                  // in excludedAddresses, which only people fill
  friend bool operator==(const Holding&, const Holding&) = default;
};

// Whose an address of the group is: the owners listed there. Where somebody else has taken them out, the
// holders of the claim that names this group: claims name none that was made by hand.
std::vector<api::AddressOwner> owners_in(const Inputs& inputs, const api::VRRPGroup& group,
                                         const api::GroupAddress& address);

// Of two groups with one address, the older; one that cannot be read (out_of_reach.h) before none.
std::map<net::IpAddress, Holding> holdings(const Inputs& inputs);

// True if the VirtualIP, by UID, is among them.
bool lists(const std::vector<api::AddressOwner>& owners, const std::string& uid);

// How a VirtualIP has an address.
struct Tenure {
  bool in_group = false;
  bool claimed = false;
  std::string pool;  // by the claim
  friend bool operator==(const Tenure&, const Tenure&) = default;
};
// UID of a VirtualIP -> its addresses.
using Tenures = std::map<std::string, std::map<net::IpAddress, Tenure>>;
Tenures tenures(const Inputs& inputs, const std::map<net::IpAddress, Holding>& held);

// True if this VirtualIP, by UID, owns some address in some group.
bool holds_any(const Tenures& tenures, const std::string& uid);

// The claim of an address, as cached, or nullptr.
const api::AddressClaim* claim_of(const Inputs& inputs, const net::IpAddress& address);
// True if this VirtualIP, by UID, is a holder of the claim of the address, as cached.
bool has_claim(const Inputs& inputs, const net::IpAddress& address, const std::string& uid);

// True while the owner noted somewhere is a VirtualIP that still exists, whatever it asks for now.
bool exists(const Inputs& inputs, const api::AddressOwner& owner);

}  // namespace fairlead::controller
