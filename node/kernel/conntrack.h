#pragma once

#include <set>

#include "lib/base/result.h"
#include "node/plan/plan.h"

namespace fairlead::kernel {

// Deletes the connection-tracking entries whose original destination is one of `servers` and whose
// destination somebody has rewritten (DNAT), in this network namespace: kube-proxy's translations of a VIP
// that IPVS serves from now on (datapath.md 5, kubernetes#101607). IPVS's own entries do not carry that
// mark, connections of other addresses are not touched. Returns how many were deleted. Reads the whole
// table: only for virtual servers that are new.
//
// Errors: kNotFound (no conntrack in this kernel), kDenied, kUnavailable.
Result<int> forget_translated(const std::set<plan::VirtualServerKey>& servers);

}  // namespace fairlead::kernel
