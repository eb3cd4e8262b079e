#pragma once

#include <optional>

#include "lib/base/time.h"

namespace fairlead {

// The earlier of two deadlines; none is never.
inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a || !b) return a ? a : b;
  return *a < *b ? a : b;
}

}  // namespace fairlead
