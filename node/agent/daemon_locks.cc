#include "node/agent/daemon_locks.h"

#include <utility>

#include "lib/sys/log.h"

namespace fairlead::agent {

Result<DaemonLocks> take_daemon_locks(const std::string& state_dir) {
  DaemonLocks out;
  auto directory = StateLock::take(state_dir);
  if (directory) {
    out.directory = std::move(*directory);
  } else if (directory.error().code == Code::kConflict) {
    return fail(
        Code::kConflict,
        directory.error().message + ": stop the fairlead-node that works there, or give another --state-dir");
  } else {
    // Saving the checkpoint will fail, and say so.
    sys::log(sys::LogLevel::kError, "node.state_dir_unusable", {{"error", directory.error().message}});
  }
  auto network = NamespaceLock::take();
  if (network) {
    out.network = std::move(*network);
  } else if (network.error().code == Code::kConflict) {
    return fail(Code::kConflict,
                network.error().message + ": stop the fairlead-node that works in this network namespace");
  } else {
    sys::log(sys::LogLevel::kWarning, "node.others_unknown", {{"error", network.error().message}});
  }
  return out;
}

}  // namespace fairlead::agent
