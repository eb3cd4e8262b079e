#pragma once

#include <set>

#include "lib/base/result.h"
#include "lib/net/address.h"

namespace fairlead::kernel {

// Every address on an interface of the calling thread's network namespace, loopback and VIPs included.
// Errors: kUnavailable.
Result<std::set<net::IpAddress>> host_addresses();

}  // namespace fairlead::kernel
