#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "controller/plan/holdings.h"
#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/status/group_status.h"

// What is wrong with a VRRPGroup itself. Pure.
namespace fairlead::controller {

// Why the group is not accepted: InvalidSpec or NotYetSupported, by the fields that it has or, where those
// are sound, by the word of its members, which check it again; the message names who says what. The word of a
// member whose Node is not Ready, or that is in `stale`, may be of an earlier version: it does not count.
std::optional<Refusal> not_accepted(const Inputs& inputs, const api::VRRPGroup& group,
                                    const std::set<std::string>& stale);

// Adds to the summary, as Degraded with reason AddressInUse, each address without an owner that an older
// group has: whoever is a member of both leaves it out of this one, and whoever is not may hold it beside the
// other. Of one with an owner the VirtualIP tells. Link-local ones are others on every interface.
void note_taken(const std::map<net::IpAddress, Holding>& held, const api::VRRPGroup& group,
                GroupSummary& summary);

}  // namespace fairlead::controller
