#include "lib/reconcile/retry_rule.h"

#include <algorithm>

#include "lib/base/http_code.h"
#include "lib/base/overloaded.h"

namespace fairlead::reconcile {
namespace {

Retry after_answer(const Attempts& attempts, const Answered& answer) {
  if (answer.status == http_code::kUnauthorized) {  // K-35; it was refused before anything was done
    if (answer.token_renewed && !attempts.denied_before) return AgainAtOnce{};
    return Over{};
  }
  const bool busy =
      answer.status == http_code::kTooManyRequests || answer.status >= http_code::kInternalError;
  const bool worth_it = attempts.repeatable && attempts.tries < kMostTries;
  if (busy && worth_it && answer.retry_after > Seconds(0)) return AgainAfter{answer.retry_after};
  return Over{};
}

}  // namespace

Seconds bounded_retry_after(long long seconds) {
  return Seconds(std::clamp<long long>(seconds, 0, kLongestRetryAfter));
}

Retry retry_of(const Attempts& attempts, const TryEnd& end) {
  return std::visit(Overloaded{
                        [&](const ConnectionLost&) -> Retry {
                          if (attempts.repeatable && !attempts.lost_before) return AgainAtOnce{};
                          return Over{};
                        },
                        [](const NoAnswer&) -> Retry { return Over{}; },
                        [&](const Answered& answer) { return after_answer(attempts, answer); },
                    },
                    end);
}

}  // namespace fairlead::reconcile
