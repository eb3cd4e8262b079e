#pragma once

#include <optional>
#include <string>

#include "controller/plan/changes.h"

namespace fairlead::controller {

// What is to be written next where an apply of ours could not make an object what it is to be, since others
// have set what it does not say: `answer` is the object as the API server has it after the apply, unchanged.
// Nothing otherwise, and of kinds that are not the controller's alone. Else the apply would be sent again and
// again, and all that waits for it would wait for ever.
std::optional<Write> put_back(const Write& write, const std::string& answer);

}  // namespace fairlead::controller
