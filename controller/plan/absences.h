#pragma once

#include <vector>

#include "controller/plan/changes.h"

// What a write that frees something takes for gone because the caches do not show it (FC-03). A cache may be
// behind, so each of these is read from the API server before the write is sent. Nothing for what the caches
// do show: being deleted, another object under the same name, a spec that asks for less. In no order that
// counts, each once.
namespace fairlead::controller {

// Owners of addresses that the group has and `wanted` has not; with nullptr, of all it has. Of a VirtualIP
// that goes because its Service is gone, the Service.
std::vector<Absence> absences_of(const Inputs& inputs, const Desired& desired, const api::VRRPGroup& there,
                                 const api::VRRPGroup* wanted);

// Of a set that is to go: the VirtualIP that owns it.
std::vector<Absence> absences_of(const Inputs& inputs, const api::RealServerSet& there);

// Of a VirtualIP that is to go: the Service that it was made for.
std::vector<Absence> absences_of(const Inputs& inputs, const api::VirtualIP& there);

}  // namespace fairlead::controller
