#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::agent {

// The right to write the tables of a network namespace (D-4: its addresses with our tag, IPVS, our nft
// tables): held by the running daemon, and by `cleanup` while it works, whatever their state directories and
// ports are. A name that the kernel keeps for each network namespace and drops with the process: an abstract
// unix socket address. As with a port, any process of the namespace can hold it.
class NamespaceLock {
 public:
  static constexpr const char* kName = "fairlead-node";

  // For the calling thread's network namespace; `name`: of at most 100 bytes. Errors: kConflict (another
  // process holds it), kUnavailable (nobody can tell).
  static Result<NamespaceLock> take(const std::string& name = kName);

 private:
  explicit NamespaceLock(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

}  // namespace fairlead::agent
