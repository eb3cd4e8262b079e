#pragma once

#include "controller/plan/desired.h"
#include "controller/plan/place.h"
#include "controller/plan/seating.h"

namespace fairlead::controller {

// RealServerSets as they should be, into `out`, and what is behind each VirtualIP into its decision. One that
// is being deleted keeps its sets until it is released; a refused one keeps what it has.
// REQUIRES: decisions, to_delete and released are decided.
void decide_sets(const Ground& ground, const Seating& seating, const Placement& placement, Desired& out);

}  // namespace fairlead::controller
