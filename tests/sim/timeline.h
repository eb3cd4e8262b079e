#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/time.h"

namespace fairlead::sim {

// Something that keeps its own next moment.
class Clockwork {
 public:
  virtual ~Clockwork() = default;
  virtual std::optional<TimePoint> next() const = 0;
  virtual void ring() = 0;  // next() has come
};

// The one clock of a world: what happens next, in order of time. Ties: clockworks in the order in which they
// were added, then tasks in the order in which they were posted. Nothing here depends on real time.
class Timeline {
 public:
  TimePoint now() const { return now_; }
  void post(TimePoint at, std::function<void()> task);
  void post(Microseconds in, std::function<void()> task) { post(now_ + in, std::move(task)); }
  void add(Clockwork& clockwork) { clockworks_.push_back(&clockwork); }
  // Called with the time of each step before it is taken, and of the end of run_until().
  void before_each(std::function<void(TimePoint)> watcher) { watcher_ = std::move(watcher); }

  // Takes all steps up to `end`, which is then now(). May be called from within a step (a system call that
  // takes time), and then never goes beyond the `end` of the call around it.
  void run_until(TimePoint end);
  // No further step is taken.
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  // The same, since what happens has no end. The first reason counts.
  void give_up(std::string why) {
    if (!why_.has_value()) why_ = std::move(why);
    stop();
  }
  const std::optional<std::string>& gave_up() const { return why_; }
  std::uint64_t steps() const { return steps_; }

 private:
  struct Task {
    TimePoint at;
    std::uint64_t number;
    std::function<void()> run;
    friend bool operator<(const Task& a, const Task& b) {
      return a.at != b.at ? a.at > b.at : a.number > b.number;  // the earliest on top
    }
  };

  TimePoint now_{Seconds(1000)};
  TimePoint limit_ = TimePoint::max();
  std::priority_queue<Task> tasks_;
  std::vector<Clockwork*> clockworks_;
  std::function<void(TimePoint)> watcher_ = [](TimePoint) {};
  std::uint64_t numbers_ = 0;
  std::uint64_t steps_ = 0;
  int steps_at_once_ = 0;
  bool stopped_ = false;
  std::optional<std::string> why_;
};

}  // namespace fairlead::sim
