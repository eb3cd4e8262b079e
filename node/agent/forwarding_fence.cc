#include "node/agent/forwarding_fence.h"

#include <chrono>

#include "lib/sys/log.h"
#include "lib/sys/loop.h"

namespace fairlead::agent {
namespace {

constexpr Seconds kRetry{2};
constexpr Seconds kRetryWithoutSupport{30};
constexpr std::chrono::minutes kTellAgain{1};

}  // namespace

bool ForwardingFence::hold(const std::vector<filter::FencedGroup>& groups) {
  if (begun_ && groups == report_.tried) return false;
  begun_ = true;
  report_.tried = groups;
  const auto applied = filter_.apply(groups);
  take(applied, sys::now());
  return true;
}

bool ForwardingFence::check(TimePoint now) {
  const bool failed = !report_.why_not.empty();
  if (!begun_ || (failed && now < retry_)) return false;
  const FenceReport before = report_;
  const auto repaired = filter_.repair();
  take(repaired ? Result<>(Done{}) : Result<>(repaired.error()), now);
  if (repaired && *repaired) note_restored(now);
  return report_ != before;
}

void ForwardingFence::take(const Result<>& outcome, TimePoint now) {
  const std::string before = report_.why_not;
  report_.why_not = outcome ? "" : outcome.error().message;
  if (outcome) {
    report_.held = report_.tried;
    if (!before.empty()) sys::log(sys::LogLevel::kInfo, "forwarding.fence_holds", {});
  } else {
    // What it held before silences its addresses still, unless it is gone too, or nobody knows.
    if (!filter_.stands()) report_.held.clear();
    retry_ = now + (outcome.error().code == Code::kNotFound ? kRetryWithoutSupport : kRetry);
    if (before != report_.why_not) {
      sys::log(sys::LogLevel::kWarning, "forwarding.fence_failed", {{"error", report_.why_not}});
    }
  }
  metrics_.fenced(report_);
}

void ForwardingFence::note_restored(TimePoint now) {
  metrics_.fence_restored();
  if (restored_told_ && now < *restored_told_ + kTellAgain) return;
  restored_told_ = now;
  sys::log(sys::LogLevel::kWarning, "forwarding.fence_restored", {});
}

}  // namespace fairlead::agent
