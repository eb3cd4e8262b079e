#pragma once

#include <vector>

#include "controller/plan/changes.h"

namespace fairlead::controller {

// Statuses of what has served before wait for nothing else of the round (FC-06): thousands of objects that
// are new do not keep an operator from reading who holds what. Sets the step of these writes; what writes an
// object twice keeps its order. For changes().
void hurry(const Inputs& inputs, std::vector<Write>& writes);

}  // namespace fairlead::controller
