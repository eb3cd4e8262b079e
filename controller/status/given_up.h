#pragma once

#include "controller/plan/changes.h"

namespace fairlead::controller {

// Services that are ours no more (another type or class, or on their way out) while a VirtualIP made for them
// is still there, and that still show what we wrote: it goes, before the address can be another's. After
// that we know nothing of them (K-28). REQUIRES: those that are ours stand in `out` already.
void give_up_services(const Inputs& inputs, Statuses& out);

}  // namespace fairlead::controller
