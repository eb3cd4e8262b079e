#include "lib/reconcile/retries.h"

#include <algorithm>

namespace fairlead::reconcile {

bool Retries::may_try(const std::string& what, TimePoint now) {
  if (now != swept_)
    std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.retry_at > kForgotten; });
  swept_ = now;
  const auto found = failures_.find(what);
  if (found == failures_.end()) return true;
  Failure& failure = found->second;
  if (failure.retry_at > now) return false;
  failure.held_back = !shared_.take(now);
  return !failure.held_back;
}

void Retries::failed(const std::string& what, TimePoint now) {
  Failure& failure = failures_[what];
  failure.retry_at = now + failure.backoff.after_failure(now, 0);
  failure.held_back = false;
}

bool Retries::is_news(const std::string& what, const std::string& of, const std::string& why) {
  std::string& told = failures_.at(what).told;
  bool known = told == why;
  for (auto other = failures_.lower_bound(of); other != failures_.end(); ++other) {
    if (!other->first.starts_with(of)) break;
    known = known || other->second.told == why;
  }
  told = why;
  return !known;
}

bool Retries::is_over(const std::string& what, const std::string& of) {
  const auto ended = failures_.find(what);
  const bool was_told = ended != failures_.end() && !ended->second.told.empty();
  succeeded(what);
  for (auto other = failures_.lower_bound(of); other != failures_.end(); ++other) {
    if (!other->first.starts_with(of)) break;
    if (!other->second.told.empty()) return false;
  }
  return was_told;
}

std::optional<TimePoint> Retries::next(TimePoint now) const {
  std::optional<TimePoint> out;
  for (const auto& [what, failure] : failures_) {
    if (failure.retry_at <= now && !failure.held_back) continue;  // was tried, or is not wanted any more
    const TimePoint when = failure.held_back ? std::max(now, shared_.ready_at(now)) : failure.retry_at;
    if (!out || when < *out) out = when;
  }
  return out;
}

}  // namespace fairlead::reconcile
