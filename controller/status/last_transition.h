#pragma once

#include <optional>
#include <string>

#include "controller/status/group_status.h"

// VirtualIP `status.lastTransition`: the last change of master, as the new master tells it (api.md, "Who is
// master"). Pure.
namespace fairlead::controller {

// Of the group that is summed up. `from` = the master before in status, and what was told already stays as it
// was told: a restart of the controller, or a time in which nobody was seen to be master, is no transition. A
// restart of the same master is one. Of one that had no master before, as a new one, the reason is
// FirstMaster where the node says MasterDown: it heard nobody, and nothing of this VirtualIP was down. A
// Backup may tell of a new master first; the master's own entry, when it comes, is the same transition. `now`
// counts only while a master is just heard of.
std::optional<api::LastTransition> last_transition(const api::VirtualIPStatus& present,
                                                   const GroupSummary& summary, WallTime now);

}  // namespace fairlead::controller
