#include "node/agent/own_process.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/errno_name.h"
#include "lib/sys/log.h"

namespace fairlead::agent {
namespace {

constexpr int kRaised = -20;  // the nice value that goes before all others

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

void wait_for_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int number = 0;
  while (sigwait(&signals, &number) != 0) {
  }
  sys::log(sys::LogLevel::kInfo, "node.stopping", {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"}});
}

void lock_memory() {
  const std::string why = why_not_locked();
  if (!why.empty()) sys::log(sys::LogLevel::kInfo, "node.memory_not_locked", {{"error", why}});
}

void name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

void raise_priority() {
  // keep_priority_of() sees what came of it.
  (void)setpriority(PRIO_PROCESS, 0, kRaised);
}

void keep_priority_of(pid_t thread) {
  if (getpriority(PRIO_PROCESS, static_cast<id_t>(thread)) != kRaised) {
    sys::log(sys::LogLevel::kInfo, "node.priority_not_raised", {{"error", "SYS_NICE is missing"}});
    return;
  }
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", none)) {
    long long id = 0;
    const bool named =
        parse_integer(entry.path().filename().string(), 1, std::numeric_limits<pid_t>::max(), id);
    if (!named || id == thread) continue;
    // Fails only for a thread that has ended.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(id), 0);
  }
}

void become_realtime() {
  sched_param parameters{};
  parameters.sched_priority = 10;
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) != 0) {
    sys::log(sys::LogLevel::kWarning, "node.not_realtime", {{"error", sys::errno_name(errno)}});
  }
}

NamedThread::NamedThread(const char* name, std::function<void()> work)
    : thread_([this, name, work = std::move(work)] {
        name_thread(name);
        work();
        ended_.set_value();
      }) {}

bool NamedThread::join_until(TimePoint deadline) {
  const bool ended = ended_.get_future().wait_until(deadline) == std::future_status::ready;
  ended ? thread_.join() : thread_.detach();
  return ended;
}

}  // namespace fairlead::agent
