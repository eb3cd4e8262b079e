#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/api/event.h"
#include "lib/api/vrrp_group.h"
#include "node/agent/entries.h"
#include "node/agent/messages.h"

namespace fairlead::agent {

// The Events that a new report of the vrrp thread is worth, each about its VRRPGroup (kubernetes.md 6):
//   BecameMaster   another transition than before, and Master since
//   BecameBackup   the same, and it was Master before: who never had the role has no news
//   a Warning by the name of each problem that was not there before, but for FenceOverlap, which is
//   information, and LinkUpDelay, which goes by itself
// Groups of the node's files are nothing that an Event could be about. Made from the difference of two
// reports: of what began and ended between them nothing is told. `node` tells it. Pure.
std::vector<api::Notice> notices(const std::string& node, const VrrpReport& before, const VrrpReport& now);

// What the plan has against groups, in the form of a report, whose difference to the one before notices()
// tells of likewise. `groups`: as the API server shows them; of another nothing can be told. Pure.
VrrpReport plan_report(const PlanView& view, const std::map<api::ObjectKey, api::VRRPGroup>& groups);

}  // namespace fairlead::agent
