#pragma once

#include <string>
#include <vector>

#include "lib/api/event.h"
#include "node/agent/messages.h"

namespace fairlead::agent {

// The Events that a new report of the vrrp thread is worth, each about its VRRPGroup (kubernetes.md 6):
//   BecameMaster   another transition than before, and Master since
//   BecameBackup   the same, and it was Master before: who never had the role has no news
//   a Warning by the name of each problem that was not there before, but for FenceOverlap, which is
//   information, and LinkUpDelay, which goes by itself
// Made from the difference of two reports: of what began and ended between them nothing is told. `node` tells
// it. Pure.
std::vector<api::Notice> notices(const std::string& node, const VrrpReport& before, const VrrpReport& now);

}  // namespace fairlead::agent
