#pragma once

#include <set>
#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/standing.h"

namespace fairlead::controller {

// What endpoints that came or went behind these Services change, and nothing else: the writes of
// Step::kRealServers that a whole round would make for them. A set that is new, or one too many, is left to
// the whole round. In the order of the Services. Costs what these Services cost, where inputs.kinship is
// kept. REQUIRES: `standing` is of the last whole round, and nothing but EndpointSlices, and RealServerSets
// by these writes, has changed since; no Service is named twice.
std::vector<Write> backend_writes(const Inputs& inputs, const Standing& standing,
                                  const std::vector<api::ObjectKey>& services);

// The Services that are served by these RealServerSets.
std::set<api::ObjectKey> services_behind(const Inputs& inputs, const Standing& standing,
                                         const std::set<api::ObjectKey>& sets);

}  // namespace fairlead::controller
