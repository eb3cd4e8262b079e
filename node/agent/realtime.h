#pragma once

namespace fairlead::agent {

// The calling thread before all that have no real-time priority, and the process's memory kept from being
// swapped out. Best effort: what is refused is logged.
void become_realtime();

}  // namespace fairlead::agent
