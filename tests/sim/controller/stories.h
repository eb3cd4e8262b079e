#pragma once

#include <vector>

#include "sim/controller/plot.h"
#include "sim/random.h"

namespace fairlead::sim::cluster {

// Adds events that belong together: some faults show only when several come in one order about the same
// machine or VirtualIP, which events drawn one by one hardly ever do.
void tell_story(Random& random, std::vector<Event>& events);

}  // namespace fairlead::sim::cluster
