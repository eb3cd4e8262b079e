#pragma once

#include <rapidcheck.h>

#include "lib/base/overloaded.h"
#include "node/ipvs/changes.h"

namespace fairlead::ipvs::testing {

// What the kernel does with one change, in the plainest words. RC_FAILs on what it would refuse.
inline void carry_out(Table& kernel, const Change& change) {
  std::visit(Overloaded{
                 [&](const AddService& c) {
                   RC_ASSERT(kernel.emplace(c.key, Entry{c.service, {}}).second);
                 },
                 [&](const SetService& c) {
                   RC_ASSERT(kernel.contains(c.key));
                   kernel.at(c.key).service = c.service;
                 },
                 [&](const DeleteService& c) { RC_ASSERT(kernel.erase(c.key) == 1U); },
                 [&](const AddDestination& c) {
                   RC_ASSERT(kernel.contains(c.key));
                   RC_ASSERT(kernel.at(c.key).destinations.emplace(c.endpoint, c.destination).second);
                 },
                 [&](const SetDestination& c) {
                   RC_ASSERT(kernel.contains(c.key) && kernel.at(c.key).destinations.contains(c.endpoint));
                   kernel.at(c.key).destinations.at(c.endpoint) = c.destination;
                 },
                 [&](const DeleteDestination& c) {
                   RC_ASSERT(kernel.contains(c.key));
                   RC_ASSERT(kernel.at(c.key).destinations.erase(c.endpoint) == 1U);
                 },
             },
             change);
}

}  // namespace fairlead::ipvs::testing
