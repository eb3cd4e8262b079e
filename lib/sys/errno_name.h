#pragma once

#include <string>

namespace fairlead::sys {

// The name of an errno value, for messages: "EPERM"; "error 4711" where the C library knows none. Any thread.
std::string errno_name(int number);

}  // namespace fairlead::sys
