#pragma once

#include <map>
#include <vector>

#include "controller/plan/inputs.h"

namespace fairlead::controller {

using Endpoints = std::map<net::Endpoint, api::RealServer>;

// The endpoints of a Service's port of one family, from its EndpointSlices; a slice's port is found by the
// Service port's name and protocol (its number is the target port). Ready: weight 1; not ready, but serving
// and terminating: weight 0 and Draining; others are not there.
Endpoints endpoints_of(const std::vector<const api::EndpointSlice*>& slices, const api::ServicePort& port,
                       net::Family family);

// Of the same, those that terminate and do not serve any more, with weight 0 and Draining: their Pods are
// there and may finish what they have. They never get new connections.
Endpoints ending_endpoints_of(const std::vector<const api::EndpointSlice*>& slices,
                              const api::ServicePort& port, net::Family family);

}  // namespace fairlead::controller
