#pragma once

#include <string>

#include "lib/api/node_state.h"

namespace fairlead::agent {

// What `fairlead-node status` prints: lines of at most 80 columns, whatever stands in them; ends with a line
// feed. Pure.
std::string status_text(const api::NodeState& state);

}  // namespace fairlead::agent
