#include "lib/reconcile/token_bucket.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace fairlead::reconcile {
namespace {

constexpr double kMicro = 1e6;
constexpr double kWhole = 1.0 - 1e-6;  // a token, forgiving the rounding of doubles

}  // namespace

TokenBucket::TokenBucket(double per_second, int burst)
    : per_second_(per_second), burst_(static_cast<double>(burst)), tokens_(burst_) {
  assert(per_second > 0 && burst >= 1);
}

double TokenBucket::tokens_at(TimePoint now) const {
  const auto elapsed = static_cast<double>((now - counted_).count()) / kMicro;
  return std::min(burst_, tokens_ + std::max(0.0, elapsed) * per_second_);
}

bool TokenBucket::take(TimePoint now) {
  const auto tokens = tokens_at(now);
  if (tokens < kWhole) return false;
  tokens_ = std::max(0.0, tokens - 1.0);
  counted_ = now;
  return true;
}

TimePoint TokenBucket::ready_at(TimePoint now) const {
  const auto missing = 1.0 - tokens_at(now);
  if (missing <= 1.0 - kWhole) return now;
  return std::max(now, counted_) +
         Microseconds(static_cast<std::int64_t>(std::ceil(missing / per_second_ * kMicro)));
}

}  // namespace fairlead::reconcile
