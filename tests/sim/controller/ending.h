#pragma once

#include <optional>
#include <set>
#include <string>

#include "sim/controller/judge.h"
#include "sim/controller/server.h"

namespace fairlead::sim::cluster {

// What the API server shows once everything is well and nobody writes any more, against what users asked for:
// I-7, all that can be served is, and nothing is left over; I-8, whatever poison objects there are. `zones`:
// in which some machine is.
std::optional<Breach> look(const Server& server, const std::set<std::string>& zones);

}  // namespace fairlead::sim::cluster
