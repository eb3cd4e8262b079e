#pragma once

#include <atomic>
#include <cstdint>

#include "lib/sys/loop.h"

namespace fairlead::agent {

// Whether a loop still moves: a timer on it that notes the time each second (FN-32: liveness is that every
// loop has moved, and nothing else). Made before the loop runs or on it; alive() from any thread.
class Beat {
 public:
  // `waits`: how long one step on that loop may lawfully wait for others.
  Beat(sys::Loop& loop, Microseconds waits);
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

  // A step of a turn that goes on is done. On the loop's thread.
  void moved();

  // The loop has moved within the last 5 s, and what a step may wait.
  bool alive() const { return alive_at(sys::now()); }
  bool alive_at(TimePoint now) const;

 private:
  void note();

  Microseconds waits_;
  std::atomic<std::int64_t> last_us_;  // monotonic
  sys::Timer timer_;
};

}  // namespace fairlead::agent
