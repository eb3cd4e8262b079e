#pragma once

#include <map>
#include <string>

#include "controller/plan/changes.h"

// VirtualIPs that could not get an address, for the metric: each refusal once, however often the write that
// tells of it is computed, cut off or tried again. Pure.
namespace fairlead::controller {

struct AllocationFailure {
  std::string pool;    // that it asked for; empty: any
  std::string reason;  // of its condition Allocated: "PoolExhausted", ...
  friend auto operator<=>(const AllocationFailure&, const AllocationFailure&) = default;
};
using AllocationFailures = std::map<std::string, AllocationFailure>;  // by UID of the VirtualIP

// Those of a round. Of one that could never be read the pool is not known.
AllocationFailures allocation_failures(const Inputs& inputs, const Statuses& statuses);

// How often each kind of failure is news: neither among those of the last round, `before`, nor what the
// VirtualIP's own status says already, as it does after a restart of the controller.
std::map<AllocationFailure, int> new_failures(const Inputs& inputs, const AllocationFailures& before,
                                              const AllocationFailures& now);

}  // namespace fairlead::controller
