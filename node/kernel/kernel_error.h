#pragma once

#include <string>

#include "lib/base/result.h"

namespace fairlead::kernel {

// errno as Error: "what: ESRCH". Codes: kDenied (EPERM, EACCES, EROFS), kNotFound (ENOENT, ESRCH, no such
// protocol), kConflict (EEXIST), kInvalid (values that the kernel refuses), else kUnavailable. Any thread.
Error errno_error(const std::string& what, int error);

}  // namespace fairlead::kernel
