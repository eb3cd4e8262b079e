#pragma once

#include <string>

namespace fairlead::sim {

// Ends this program with exit 1 and a line on standard output when one scenario has taken 5 s of CPU time,
// some hundred times what any takes: then the code under test goes round in circles without a step of the
// simulated time. `name` is what the line begins with. Begins anew with each call.
void begin_watch(const std::string& name);

}  // namespace fairlead::sim
