#pragma once

#include <set>

#include "lib/base/result.h"
#include "node/ipvs/table.h"

namespace fairlead::kernel {

// Deletes the connection-tracking entries of UDP from these virtual servers to these real servers, in this
// network namespace, both families: for real servers that IPVS has no more (datapath.md 5,
// kubernetes#105192). A client that goes on sending from one port would keep its entry alive, and with it the
// translation to a server that is gone. Others than UDP are passed over: IPVS ends those itself
// (expire_nodest_conn). Returns how many were deleted. Reads the whole table, if there is UDP among them.
//
// Errors: kNotFound (no conntrack in this kernel), kDenied, kUnavailable.
Result<int> forget_servers(const std::set<ipvs::Server>& servers);

}  // namespace fairlead::kernel
