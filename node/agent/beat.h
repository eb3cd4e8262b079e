#pragma once

#include <atomic>
#include <cstdint>

#include "lib/sys/loop.h"

namespace fairlead::agent {

// Whether a loop still moves: a timer on it that notes the time each second (FN-32: liveness is that every
// loop has moved, and nothing else). Made before the loop runs or on it; alive() from any thread.
class Beat {
 public:
  explicit Beat(sys::Loop& loop);
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

  // The loop has moved within the last 5 s.
  bool alive() const;

 private:
  void note();

  std::atomic<std::int64_t> last_us_;  // monotonic
  sys::Timer timer_;
};

}  // namespace fairlead::agent
