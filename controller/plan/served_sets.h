#pragma once

#include <vector>

#include "controller/plan/backends.h"
#include "controller/plan/inputs.h"
#include "controller/plan/standing.h"

namespace fairlead::controller {

// The RealServerSets of a VirtualIP at a place, as they should be; those that are there with their UID and
// resourceVersion. `behind`: backends() of that address.
std::vector<api::RealServerSet> served_sets(const Inputs& inputs, const Belongings& belongings,
                                            const api::VirtualIP& virtual_ip, const Place& place,
                                            const Backends& behind);

}  // namespace fairlead::controller
