#pragma once

#include <functional>

#include "sim/scenario.h"

namespace fairlead::sim {

// A smaller scenario that still fails: fewer faults, groups, nodes, addresses, less time, shorter faults.
// Calls `fails` some hundred times at most. REQUIRES: fails(scenario).
Scenario shrink(Scenario scenario, const std::function<bool(const Scenario&)>& fails);

}  // namespace fairlead::sim
