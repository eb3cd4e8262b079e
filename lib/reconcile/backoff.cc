#include "lib/reconcile/backoff.h"

#include <algorithm>
#include <cstdint>

namespace fairlead::reconcile {

Microseconds Backoff::after_failure(TimePoint now, double random) {
  if (retry_at_ && now - *retry_at_ >= config_.reset_after) reset();
  const auto base = next_;
  next_ = std::min(next_ * 2, config_.cap);
  const auto stretch = static_cast<std::int64_t>(static_cast<double>(base.count()) * random);
  const auto wait = base + Microseconds(stretch);
  retry_at_ = now + wait;
  return wait;
}

}  // namespace fairlead::reconcile
