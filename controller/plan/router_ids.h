#pragma once

#include <string>
#include <vector>

#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

// Virtual router IDs (api.md, "Names of generated objects": the name is no lock on the wire).
namespace fairlead::controller {

// The VRIDs of the pool's ranges that are free for these nodes, the lowest first: no group of the family has
// a member with the same (node, interface), no node hears a foreign speaker with it there
// (heardVirtualRouters), and no group, readable or not, has the name that `segment` would give it.
std::vector<int> free_router_ids(const Inputs& inputs, const ByKey<api::VRRPGroup>& groups,
                                 const api::AddressPool& pool, const Candidates& candidates,
                                 const std::string& segment, net::Family family);

}  // namespace fairlead::controller
