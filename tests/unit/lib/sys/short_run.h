#pragma once

#include "lib/sys/loop.h"

// For tests in which a loop runs for a short while.
namespace fairlead::sys::testing {

constexpr Microseconds kSoon{1000};

// Ends a loop after everything that is due by `after` from now has run.
inline void stop_after(Loop& loop, Timer& timer, Microseconds after) {
  timer.arm(now() + after, [&loop] { loop.stop(); });
}

}  // namespace fairlead::sys::testing
