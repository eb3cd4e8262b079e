#pragma once

#include "controller/plan/desired.h"

// What AddressPools are told: numbers and conditions.
namespace fairlead::controller {

struct Statuses;

// Every pool's status, and its Events. Of one of which no version could ever be read (FC-09) the numbers stay
// as they are. Whoever undoes what we write of a pool (FC-04) is named in its condition Degraded.
void summarize_pools(const Inputs& inputs, const Desired& desired, WallTime wall_now, Statuses& out);

}  // namespace fairlead::controller
