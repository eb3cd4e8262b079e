#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/agent/forwarding_ports.h"
#include "node/kernel/sysctl.h"

// What the host does to forwarding over time, from look to look. Values without clocks.
namespace fairlead::agent {

// True if connection tracking is nearly full: from four fifths of its limit on, until it is below seven
// tenths of it. A limit of 0 is none. FN-09.
bool nearly_full(bool before, const ConntrackUse& use);

// Settings that were right and are wrong again: somebody sets them back.
struct TurnedBack {
  // Of the last look; nullopt: there was none.
  std::optional<std::set<kernel::NeededBy>> needs;
  std::set<std::string> wrong;
  std::map<std::string, int> times;  // by name, since this process began
  friend bool operator==(const TurnedBack&, const TurnedBack&) = default;
};

// One more look, of what `needs` need. Where these are others than before nobody knows what was right.
TurnedBack after_look(TurnedBack before, const std::set<kernel::NeededBy>& needs,
                      const std::vector<SysctlMismatch>& found);

}  // namespace fairlead::agent
