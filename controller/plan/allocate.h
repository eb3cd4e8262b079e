#pragma once

#include <vector>

#include "controller/plan/claim.h"

// Addresses for those who named none (kubernetes.md 1, "Allocation order": what a VirtualIP has already is
// among the wishes; here come the address in the Service's status, then the pools).
namespace fairlead::controller {

// Grants each need an address that is nobody's and not reserved: the one it had before, if it is still free,
// for all of them first; then the lowest free one of the first pool that has one. The older VirtualIP
// chooses first. Who is refused something already gets nothing. PoolExhausted names the pools.
// Costs, besides the needs, one pass over the addresses of a pool that are given away.
void allocate(const Ground& ground, std::vector<Need> needs, Claims& claims);

}  // namespace fairlead::controller
