#pragma once

#include <string>
#include <vector>

#include "controller/plan/backends.h"
#include "controller/plan/inputs.h"

// Virtual servers into RealServerSet objects (api.md; kubernetes.md 1, "Sizes").
namespace fairlead::controller {

inline constexpr std::size_t kMostRealsPerSet = 1000;

// The sets of one address: slice 0 lists every virtual server; beyond 1000 real servers there are further
// slices. A real server stays in the slice it is in (`observed`: this VirtualIP's present sets) while there
// is room. Owned by the VirtualIP, labelled with it and its group. No virtual server: no set.
std::vector<api::RealServerSet> real_server_sets(const api::VirtualIP& virtual_ip, const std::string& group,
                                                 const net::IpAddress& address, const Backends& backends,
                                                 const std::vector<const api::RealServerSet*>& observed);

}  // namespace fairlead::controller
