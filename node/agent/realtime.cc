#include "node/agent/realtime.h"

#include <sched.h>
#include <sys/mman.h>

#include <cerrno>

#include "lib/sys/errno_name.h"
#include "lib/sys/log.h"

namespace fairlead::agent {

void become_realtime() {
  sched_param parameters{};
  parameters.sched_priority = 10;
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) != 0) {
    sys::log(sys::LogLevel::kWarning, "node.not_realtime", {{"error", sys::errno_name(errno)}});
  }
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    sys::log(sys::LogLevel::kWarning, "node.memory_not_locked", {{"error", sys::errno_name(errno)}});
  }
}

}  // namespace fairlead::agent
