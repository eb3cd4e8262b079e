#pragma once

#include <set>
#include <vector>

#include "lib/base/result.h"
#include "node/agent/forwarding_ports.h"
#include "node/plan/plan.h"

namespace fairlead::agent {

struct ForwardingCleaned {
  std::set<plan::VirtualServerKey> services;  // deleted; those that were gone already are not listed
  bool guard = false;                         // table inet fairlead was there and is gone
  friend bool operator==(const ForwardingCleaned&, const ForwardingCleaned&) = default;
};

// `fairlead-node cleanup`: deletes the IPVS services in `owned` (the checkpoint's) and the nft table inet
// fairlead, in that order, and nothing else. Works on kernels without IPVS or nf_tables (nothing to do).
// The daemon must not run. Errors: the first that left something of ours behind; the rest was tried.
Result<ForwardingCleaned> cleanup_forwarding(const std::set<plan::VirtualServerKey>& owned,
                                             ForwardingPorts ports);

}  // namespace fairlead::agent
