#pragma once

#include <vector>

#include "controller/plan/changes.h"

// The Events a change of status is worth (kubernetes.md 6). Made from the difference, so that a status
// written once tells it once, across restarts too.
namespace fairlead::controller {

// IPAllocated, AllocationFailed, NotAccepted, MasterChanged, NoMaster, SplitOwnership, PoolRemoved.
std::vector<Notice> virtual_ip_notices(const api::VirtualIP& present, const api::VirtualIPStatus& next);

// NameTaken, NotAccepted.
std::vector<Notice> service_notices(const api::Service& present, const ServiceStatus& next);

}  // namespace fairlead::controller
