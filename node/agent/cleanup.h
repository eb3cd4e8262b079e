#pragma once

#include <ostream>
#include <string>

#include "lib/base/result.h"

namespace fairlead::agent {

// `fairlead-node cleanup`: removes everything of ours from this network namespace: addresses that carry our
// tag or that the checkpoint names (unless they are lasting: somebody else's by now), the IPVS services the
// checkpoint names, and the nft tables inet fairlead and netdev fairlead_fence; then the checkpoint itself.
// Says what it did.
// Errors: kConflict (a daemon runs on that state directory or in this network
// namespace), else the first thing that is left.
Result<> cleanup(const std::string& state_dir, std::ostream& out);

}  // namespace fairlead::agent
