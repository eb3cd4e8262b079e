#pragma once

#include <atomic>
#include <string_view>

#include "lib/base/time.h"

namespace fairlead::sys {

// Descriptor 2, without a buffer. A write waits as long as the reader of a pipe or a terminal takes nothing,
// until hurry() has set an end to that. What cannot be written is lost: there is nobody to tell.
class StandardError {
 public:
  // One thread at a time.
  void write(std::string_view text);
  // From any thread: from now on writes wait until `deadline` at most, all of them together.
  void hurry(TimePoint deadline) { deadline_ = deadline.time_since_epoch().count(); }

 private:
  bool wait_for_room() const;

  std::atomic<TimePoint::rep> deadline_ = TimePoint::max().time_since_epoch().count();
};

}  // namespace fairlead::sys
