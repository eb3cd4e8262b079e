#pragma once

#include <map>
#include <string>

#include "lib/base/time.h"

namespace fairlead::reconcile {

// Which faults are worth a line of the log: one that was not seen for an hour. What comes again and again is
// said once, however long it goes on, and is counted elsewhere (style 32). Takes few different words only.
// Pure.
class News {
 public:
  static constexpr Seconds kForgotten{3600};

  bool is_news(const std::string& what, TimePoint now) {
    const auto [at, fresh] = seen_.try_emplace(what, now);
    const bool old_story = !fresh && now - at->second < kForgotten;
    at->second = now;
    return !old_story;
  }

 private:
  std::map<std::string, TimePoint> seen_;  // when last
};

}  // namespace fairlead::reconcile
