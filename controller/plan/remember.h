#pragma once

#include "controller/plan/desired.h"
#include "controller/plan/inputs.h"

namespace fairlead::controller {

// Memory for the next round: since when something is missing or waited for, or there again.
Memory remember(const Inputs& inputs, const Desired& desired);

}  // namespace fairlead::controller
