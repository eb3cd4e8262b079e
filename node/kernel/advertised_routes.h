#pragma once

#include <set>
#include <string>
#include <string_view>

#include "lib/base/result.h"

// Routes of IPv6 that the kernel took from router advertisements. It stops taking them as soon as the host
// forwards IPv6 itself, and deletes the default route, but for interfaces whose accept_ra is 2.
namespace fairlead::kernel {

// The interfaces of such routes in a text like /proc/net/ipv6_route:
//
//     destination(32 hex) length(2) source(32) length(2) next-hop(32) metric(8) references(8) uses(8)
//     flags(8) interface
//
// Lines that are not so are passed over.
std::set<std::string> with_advertised_routes(std::string_view routes);

// The interfaces of this process's network namespace that would lose such routes; none without IPv6.
// Errors: kDenied, kUnavailable.
Result<std::set<std::string>> losing_advertised_routes();

}  // namespace fairlead::kernel
