#pragma once

#include "lib/base/time.h"

namespace fairlead::reconcile {

// Lets `burst` through at once and `per_second` in the long run (K-33).
class TokenBucket {
 public:
  // REQUIRES: per_second > 0, burst >= 1.
  TokenBucket(double per_second, int burst);

  // Takes one token if there is one. `now` must not go back.
  bool take(TimePoint now);
  // When take() will succeed next; `now` if it would at once.
  TimePoint ready_at(TimePoint now) const;

 private:
  double tokens_at(TimePoint now) const;

  double per_second_;
  double burst_;
  double tokens_;
  TimePoint counted_{};  // `tokens_` is true at this time
};

}  // namespace fairlead::reconcile
