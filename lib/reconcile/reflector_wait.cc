#include "lib/reconcile/reflector_wait.h"

#include <algorithm>
#include <utility>

namespace fairlead::reconcile {
namespace {

constexpr int kRefusedWatchesToRelist = 5;  // then the resourceVersion itself is under suspicion

}  // namespace

ReflectorAction wait_to_list(ReflectorState& state, TimePoint until, ListFrom from) {
  state.phase = WaitingToList{until, from};
  return WaitUntil{until};
}

ReflectorAction wait_to_watch(ReflectorState& state, TimePoint until) {
  state.phase = WaitingToWatch{until};
  return WaitUntil{until};
}

std::vector<ReflectorAction> kind_is_missing(ReflectorState& state, const Moment& at) {
  std::vector<ReflectorAction> out{CountError{"not_found"}};
  if (!std::exchange(state.kind_missing, true)) out.emplace_back(KindMissing{});
  const auto until = at.now + state.missing_backoff.after_failure(at.now, at.random);
  state.resource_version.clear();
  out.emplace_back(wait_to_list(state, until, ListFrom::kNewest));
  return out;
}

TimePoint retry_time(ReflectorState& state, const Failed& failed, const Moment& at) {
  return at.now + std::max(state.backoff.after_failure(at.now, at.random), failed.retry_after);
}

ReflectorAction resume_later(ReflectorState& state, const Failed& failed, bool is_refusal, const Moment& at) {
  const auto until = retry_time(state, failed, at);
  if (!is_refusal || ++state.refused_watches < kRefusedWatchesToRelist) return wait_to_watch(state, until);
  state.refused_watches = 0;
  return wait_to_list(state, until, ListFrom::kLast);
}

}  // namespace fairlead::reconcile
