#pragma once

#include <string>

#include "lib/base/result.h"

namespace fairlead::wire {

// An errno of a socket call as an Error: what was tried, on what, and why not ("...: EPERM"). kDenied for a
// missing right, else kUnavailable.
Error socket_error(int error, const std::string& what);

}  // namespace fairlead::wire
