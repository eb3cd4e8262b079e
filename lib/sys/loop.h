#pragma once

#include <functional>
#include <memory>

#include "lib/base/time.h"

namespace boost::asio {
class io_context;
}

namespace fairlead::sys {

// One thread's event loop: Boost.Asio's io_context with a concurrency hint of 1, seen through a door
// narrow enough that only loop.cc includes Asio.
//
// Everything given to a Loop runs on the thread that calls run(). post() and stop() may be called from
// any thread; all else belongs to the loop's thread (or happens before run()).
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs tasks, timers and watches until stop(). Returns once; a stopped loop is not run again.
  void run();
  void stop();
  // Queues a task behind those queued already. Never blocks, never runs the task itself.
  void post(std::function<void()> task);

  boost::asio::io_context& context();

 private:
  std::unique_ptr<boost::asio::io_context> context_;
  struct Work;
  std::unique_ptr<Work> work_;
};

// Monotonic now, in microseconds. The only clock shells read for deadlines.
TimePoint now();
// CLOCK_BOOTTIME in microseconds: counts suspend; only to measure gaps (failure-model.md 1.2, G).
Microseconds boot_time();
WallTime wall_now();

// A one-shot timer with an absolute deadline. Re-arming replaces the previous deadline and task.
// Destroying or cancelling it guarantees that the task does not run afterwards. The task may cancel,
// re-arm or destroy its own timer. A deadline in the past runs on the loop's next turn; TimePoint::max()
// never. Destroy it before its loop.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(TimePoint deadline, std::function<void()> task);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls `on_readable` on the loop each time `fd` has something to read (level-triggered: read until
// EAGAIN or be called again) or is in error. Sets O_NONBLOCK on it; does not own it: destroy the watch
// before closing it and before its loop. The task may destroy its own watch.
// REQUIRES: a pipe, socket or other pollable descriptor that no other watch of this loop holds.
class ReadWatch {
 public:
  ReadWatch(Loop& loop, int fd, std::function<void()> on_readable);
  ~ReadWatch();
  ReadWatch(const ReadWatch&) = delete;
  ReadWatch& operator=(const ReadWatch&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::sys
