#pragma once

#include <cstddef>
#include <deque>

#include "lib/base/time.h"

namespace fairlead::wire {

// How many messages of other VRIDs may be read: at most 20 in any second (FN-20). Pure.
class ReadAllowance {
 public:
  static constexpr std::size_t kMost = 20;
  static constexpr Seconds kWithin{1};

  // How many may be read at `now`, 0..20.
  std::size_t left(TimePoint now) const;
  // That many were read at `now`. REQUIRES: no more than left(now); `now` never goes back.
  void note(std::size_t read, TimePoint now);

 private:
  std::deque<TimePoint> read_;  // the newest, at most kMost of them
};

}  // namespace fairlead::wire
