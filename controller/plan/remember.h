#pragma once

#include <optional>

#include "controller/plan/desired.h"
#include "controller/plan/inputs.h"

namespace fairlead::controller {

// Memory for the next round: since when something is missing or waited for, or there again.
Memory remember(const Inputs& inputs, const Desired& desired);

// When time alone changes what is decided by it, if it does: vacancy.h, eligible.h. Measured in minutes and
// looked at every ten seconds is what is missing or waited for.
std::optional<TimePoint> next_end(const Memory& memory, TimePoint now);

}  // namespace fairlead::controller
