#pragma once

#include <vector>

#include "controller/plan/changes.h"

namespace fairlead::controller {

// What waits for nothing else of the round comes first (FC-05, FC-06): real servers that come or go behind
// addresses that are served already, and statuses of what has served before. Thousands of objects that are
// new do not hold up either. Sets the step of these writes; what writes one object twice keeps its order.
// For changes().
void hurry(const Inputs& inputs, const Desired& desired, std::vector<Write>& writes);

}  // namespace fairlead::controller
