#include "node/agent/host_watch.h"

#include <utility>

namespace fairlead::agent {

bool nearly_full(bool before, const ConntrackUse& use) {
  if (use.limit <= 0) return false;
  const std::int64_t tenths = before ? 7 : 8;
  return use.entries * 10 >= use.limit * tenths;
}

TurnedBack after_look(TurnedBack before, const std::set<kernel::NeededBy>& needs,
                      const std::vector<SysctlMismatch>& found) {
  TurnedBack after{needs, {}, std::move(before.times)};
  const bool comparable = before.needs == needs;
  for (const SysctlMismatch& one : found) {
    after.wrong.insert(one.name);
    if (comparable && !before.wrong.contains(one.name)) ++after.times[one.name];
  }
  return after;
}

}  // namespace fairlead::agent
