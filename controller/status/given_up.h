#pragma once

#include "controller/plan/changes.h"

namespace fairlead::controller {

// Services that are ours no more (another type or class, or on their way out) and whose status still has
// fields of ours: those go. Nothing else is written of them (K-28). REQUIRES: the Services that are ours
// stand in `out` already.
void give_up_services(const Inputs& inputs, Statuses& out);

}  // namespace fairlead::controller
