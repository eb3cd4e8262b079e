#pragma once

#include <atomic>
#include <cstdint>

#include "lib/base/time.h"

namespace fairlead::agent {

// When the vrrp thread began the newest turn that it ended well (VirtualRouterPorts::turned): every advert
// that was due by then has left. A loop that hangs shows by it within an advert interval, long before
// agent::Beat says so. Written by that thread, read by any.
class LastTurn {
 public:
  void note(TimePoint began) { began_us_ = began.time_since_epoch().count(); }
  // How long before `now`; of no turn yet: since the clock began.
  Microseconds ago(TimePoint now) const { return now.time_since_epoch() - Microseconds(began_us_.load()); }

 private:
  std::atomic<std::int64_t> began_us_{0};
};

}  // namespace fairlead::agent
