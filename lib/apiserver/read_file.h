#pragma once

#include <string>

#include "lib/base/result.h"

namespace fairlead::apiserver {

// The whole of a file that the way to the API server depends on: kubeconfig, token, CA, certificate or key.
// Of at most 4 MB, and a regular one (a link to it is well): what stands there instead, a pipe nobody writes
// to above all, must not hold up whoever reads, and that is the loop or the transport's thread. Errors:
// kNotFound, kDenied, kUnavailable, kInvalid (larger, then it is not read to its end; or no regular file);
// the message names the file and what is wrong.
Result<std::string> read_file(const std::string& path);

}  // namespace fairlead::apiserver
