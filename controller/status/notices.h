#pragma once

#include <vector>

#include "controller/plan/changes.h"

// The Events a change of status is worth (kubernetes.md 6). Made from the difference, so that a status
// written once tells it once, across restarts too.
namespace fairlead::controller {

// IPAllocated, AllocationFailed, NotAccepted, MasterChanged, NoMaster, Withdrawn, Returned, and of what
// degrades it SplitOwnership, PoolRemoved, ForeignStatusWriter, ConflictWithKubeProxy: each when it begins or
// says something else, whatever else degrades it; WriteRefused when it begins. Those of a VirtualIP made for
// a Service also for the Service, but for refusals: its own condition says them.
std::vector<Notice> virtual_ip_notices(const api::VirtualIP& present, const api::VirtualIPStatus& next);

// ForeignStatusWriter: when it begins or names another. What else is amiss with a pool its conditions say.
std::vector<Notice> pool_notices(const api::AddressPool& present, const api::AddressPoolStatus& next);

// NameTaken, NotAccepted, AllocationFailed, WriteRefused.
std::vector<Notice> service_notices(const api::Service& present, const ServiceStatus& next);

}  // namespace fairlead::controller
