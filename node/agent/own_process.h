#pragma once

#include <sys/types.h>

#include <functional>
#include <future>
#include <thread>

#include "lib/base/time.h"

// What the daemon asks of the kernel for itself. Best effort: what is refused is logged, once.
namespace fairlead::agent {

// Until SIGTERM or SIGINT comes, which agent.h's block_signals() has blocked; logs which.
void wait_for_signal();

// Keeps the memory of the process, all of it and as it grows, from being written to a disk that must be
// waited for. Only where locked memory has no limit: under one, what is allocated later would be refused.
void lock_memory();

// What `ps -L` and `top -H` call the calling thread; at most 15 characters.
void name_thread(const char* name);

// The calling thread and those it starts from now on go before others of the ordinary class: nice -20. Such a
// thread still wakes where a processor is idle, and is moved away from one where the kernel is at work that
// nothing preempts; one of a real-time class waits there. Needs SYS_NICE; without it nothing changes. Call
// while the process has one thread.
void raise_priority();

// Of all threads only this one stays raised. A line in the log if it is not.
void keep_priority_of(pid_t thread);

// The calling thread goes before all others, in the real-time class SCHED_RR.
void become_realtime();

// A thread of the daemon, by the name that the system shows.
class NamedThread {
 public:
  NamedThread(const char* name, std::function<void()> work);
  // Whether it has ended by then. If not it is left to itself, and only the end of the process ends it.
  bool join_until(TimePoint deadline);

 private:
  std::promise<void> ended_;
  std::thread thread_;
};

}  // namespace fairlead::agent
