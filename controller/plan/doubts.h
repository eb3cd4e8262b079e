#pragma once

#include <vector>

#include "controller/plan/changes.h"

namespace fairlead::controller {

// A write that takes something for gone and is not sent gives no address, and frees none (FC-03). So the
// statuses and sets of whoever gets an address by it, or asks for one that it frees and has it not, take for
// gone what that write does: without it they would tell of what has not come to pass.
// REQUIRES: the writes of groups and claims are among them, with their absences.
void doubt_what_is_told(const Inputs& inputs, const Desired& desired, std::vector<Write>& writes);

}  // namespace fairlead::controller
