#pragma once

#include <optional>

#include "controller/plan/changes.h"

namespace fairlead::controller {

// The write that makes a RealServerSet what it should be; nothing if it is. One that cannot be read is not:
// the write goes over its newest version, and heals it (FC-09). Where only what is behind the
// addresses differs it waits for nothing else (Step::kRealServers).
std::optional<Write> set_write(const Inputs& inputs, const api::RealServerSet& wanted);

}  // namespace fairlead::controller
