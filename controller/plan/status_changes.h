#pragma once

#include <vector>

#include "controller/plan/changes.h"

namespace fairlead::controller {

// Adds the writes of every status that is not as it should be; part of changes().
void status_writes(const Inputs& inputs, const Desired& desired, const Statuses& statuses,
                   std::vector<Write>& out);

}  // namespace fairlead::controller
