#pragma once

#include <optional>

#include "lib/base/time.h"

namespace fairlead::reconcile {

struct BackoffConfig {
  Microseconds first{};        // the first wait, before its stretch
  Microseconds cap{};          // no wait is longer, before its stretch
  Microseconds reset_after{};  // without a failure for so long, the next one waits `first` again
};

// K-18: 0.8 s doubling to 30 s, reset after 2 healthy minutes.
constexpr BackoffConfig kApiBackoff{Milliseconds(800), Seconds(30), Seconds(120)};
// K-40, while the kind does not exist: 0.8 s doubling to 10 s, so that the wait after
// `kubectl apply -k manifests` stays short.
constexpr BackoffConfig kMissingKindBackoff{Milliseconds(800), Seconds(10), Seconds(120)};

// How long to wait after each failure in a row.
class Backoff {
 public:
  explicit Backoff(const BackoffConfig& config) : config_(config), next_(config.first) {}

  // The wait after a failure at `now`, stretched by 1 + random. REQUIRES: 0 <= random < 1.
  Microseconds after_failure(TimePoint now, double random);
  void reset() { next_ = config_.first; }

 private:
  BackoffConfig config_;
  Microseconds next_;
  std::optional<TimePoint> retry_at_;  // end of the wait given last
};

}  // namespace fairlead::reconcile
