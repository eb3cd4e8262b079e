#pragma once

#include <cstddef>
#include <optional>

#include "lib/base/time.h"

namespace fairlead::reconcile {

// A work queue whose one key is everything (K-23): work is done in rounds, each of which takes up all that
// has changed before it began. Never do two run at once, and what changes while one runs has one more,
// however often it changed. Pure: `now` is the loop's time.
class Rounds {
 public:
  // Something has changed that no round has taken up.
  void add(TimePoint now);
  // A round takes up all that waits; there need be none. How long the oldest of it has waited, 0 for none.
  // REQUIRES: none runs.
  Microseconds begin(TimePoint now);
  // The round that runs has been computed, and what it came to is being written. REQUIRES: one runs.
  void computed(TimePoint now);
  // From when on its writing may be cut short for a change that comes now, `gather` from now at the soonest:
  // once it has been written for as long as it took to compute. So a stream of changes leaves half of the
  // time to writes, and no change waits for all of them. None: it is being computed, or none runs.
  std::optional<TimePoint> may_cut(TimePoint now, Microseconds gather) const;
  // How long it ran. REQUIRES: one runs.
  Microseconds end(TimePoint now);

  // A round is wanted at `at`. True if none was wanted before that: the timer is to be set to it. What is
  // wanted later does not put off what is wanted sooner, nor the other way round.
  bool want(TimePoint at);
  // When, if one is.
  std::optional<TimePoint> wanted() const { return wanted_; }
  // The timer has come: what is wanted next is wanted anew.
  void timer_came() { wanted_.reset(); }

  bool running() const { return begun_.has_value(); }
  // Changes that no round has taken up.
  std::size_t waiting() const { return waiting_; }
  // How long the round that runs has; 0 for none.
  Microseconds running_for(TimePoint now) const;

 private:
  std::optional<TimePoint> begun_;
  std::optional<TimePoint> computed_;
  std::size_t waiting_ = 0;
  TimePoint oldest_{};  // of those that wait
  std::optional<TimePoint> wanted_;
};

}  // namespace fairlead::reconcile
