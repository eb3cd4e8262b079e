#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::agent {

// The right to work on a state directory: held by the running daemon, and by `cleanup` while it works. An
// advisory lock on <directory>/lock that the kernel drops with the process.
class StateLock {
 public:
  // Makes the directory (0700) if it is not there. Errors: kConflict (another process holds it), kDenied,
  // kUnavailable (read-only or full).
  static Result<StateLock> take(const std::string& directory);

 private:
  explicit StateLock(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

}  // namespace fairlead::agent
