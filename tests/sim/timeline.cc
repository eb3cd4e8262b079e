#include "sim/timeline.h"

#include <algorithm>
#include <utility>

namespace fairlead::sim {
namespace {

constexpr int kMostStepsAtOnce = 10000;

}  // namespace

void Timeline::post(TimePoint at, std::function<void()> task) {
  tasks_.push({std::max(at, now_), numbers_++, std::move(task)});
}

void Timeline::run_until(TimePoint end) {
  const TimePoint before = std::exchange(limit_, std::min(end, limit_));
  while (!stopped_) {
    Clockwork* first = nullptr;
    TimePoint at = limit_;
    for (Clockwork* clockwork : clockworks_) {
      const auto next = clockwork->next();
      if (next && (*next < at || (first == nullptr && *next == at))) {
        first = clockwork;
        at = *next;
      }
    }
    const bool task =
        !tasks_.empty() && (tasks_.top().at < at || (first == nullptr && tasks_.top().at == at));
    if (!task && first == nullptr) break;
    const TimePoint then = std::exchange(now_, std::max(now_, task ? tasks_.top().at : at));
    steps_at_once_ = then == now_ ? steps_at_once_ + 1 : 0;
    if (steps_at_once_ > kMostStepsAtOnce) {
      give_up("more than " + std::to_string(kMostStepsAtOnce) + " steps at one moment");
      break;
    }
    watcher_(now_);
    if (stopped_) break;
    ++steps_;
    if (task) {
      // The queue gives its top as const; it is gone right after.
      auto run = std::move(const_cast<Task&>(tasks_.top()).run);
      tasks_.pop();
      run();
    } else {
      first->ring();
    }
  }
  if (!stopped_ && now_ < limit_) {
    now_ = limit_;
    watcher_(now_);
  }
  limit_ = before;
}

}  // namespace fairlead::sim
