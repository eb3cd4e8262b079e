#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "node/agent/namespace_lock.h"
#include "node/agent/state_lock.h"

namespace fairlead::agent {

// What keeps a second daemon away for as long as this lives.
struct DaemonLocks {
  std::optional<StateLock> directory;  // none: it cannot be written, and the daemon runs from memory (FN-15)
  std::optional<NamespaceLock> network;  // none: nobody can tell
};

// Takes both for the calling thread's network namespace. What cannot be told stands in no daemon's way, and
// is logged. Errors: kConflict, with what to do.
Result<DaemonLocks> take_daemon_locks(const std::string& state_dir);

}  // namespace fairlead::agent
