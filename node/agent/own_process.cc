#include "node/agent/own_process.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>

#include "lib/sys/errno_name.h"
#include "lib/sys/log.h"

namespace fairlead::agent {
namespace {

// Why it cannot be; empty if it is done.
std::string why_not_locked() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return sys::errno_name(errno);
  if (limit.rlim_cur != RLIM_INFINITY) {
    return "the limit of locked memory is " + std::to_string(limit.rlim_cur / 1024) + " KiB";
  }
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return sys::errno_name(errno);
  return "";
}

}  // namespace

void lock_memory() {
  const std::string why = why_not_locked();
  if (!why.empty()) sys::log(sys::LogLevel::kInfo, "node.memory_not_locked", {{"error", why}});
}

void name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

void become_realtime() {
  sched_param parameters{};
  parameters.sched_priority = 10;
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) != 0) {
    sys::log(sys::LogLevel::kWarning, "node.not_realtime", {{"error", sys::errno_name(errno)}});
  }
}

}  // namespace fairlead::agent
