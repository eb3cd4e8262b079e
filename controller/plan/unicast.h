#pragma once

#include <optional>

#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

// With transport Unicast each member needs an address that the others send to (api.md,
// members[].unicastAddress).
namespace fairlead::controller {

// The node's own address in the segment of the group: of the interface where it has the demanded address, the
// first with the longest prefix that covers it. The address that the member had in `before` stays for as long
// as its node reports it, and while nothing better is known. Nothing if the node has not told of any.
std::optional<net::IpAddress> unicast_address(const Inputs& inputs, const api::VRRPGroupSpec& before,
                                              const api::GroupMember& member, const Demand& demand);

}  // namespace fairlead::controller
