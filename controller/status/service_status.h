#pragma once

#include "controller/plan/changes.h"
#include "controller/plan/desired.h"
#include "controller/status/denials.h"

namespace fairlead::controller {

// What Services of ours say of themselves: the ingress, from the first time a node serves it (kubernetes.md
// 1), and Accepted, with why not. `wall_now` is for the condition. REQUIRES: the VirtualIPs stand in `out`
// already.
void summarize_services(const Inputs& inputs, const Desired& desired, const Denials& denials,
                        WallTime wall_now, Statuses& out);

}  // namespace fairlead::controller
