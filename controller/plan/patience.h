#pragma once

#include <optional>

#include "controller/plan/inputs.h"

namespace fairlead::controller {

// When time alone changes what a round decides: the first end after inputs.now of what `memory`, that of the
// round after this one, waits for. A node that does not let go of an address (release.h), a member whose
// interface is missing (seats.h), a VirtualIP that comes and goes with its endpoints (vacancy.h), a node that
// has just become Ready (eligible.h). What has waited for its time is waited for no more, however long it
// lasts: then it takes a change.
std::optional<TimePoint> next_end(const Inputs& inputs, const Memory& memory);

}  // namespace fairlead::controller
