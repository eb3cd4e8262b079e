#include "lib/reconcile/reflector_wait.h"

#include <algorithm>
#include <utility>

#include "lib/base/http_code.h"

namespace fairlead::reconcile {
namespace {

constexpr Seconds kResumeWithin(300);  // the time after which an API server compacts its history, by default
constexpr Seconds kSurelyBegun(60);    // by then a watch has its head (K-34: 30 s), or it was given up
constexpr Seconds kSurelyTheSame(2);   // no server is restored from a backup within that time
constexpr int kRefusedWatchesToRelist = 5;  // then the resourceVersion itself is under suspicion

}  // namespace

ReflectorAction wait_to_list(ReflectorState& state, TimePoint until, ListFrom from) {
  state.phase = WaitingToList{until, from};
  return WaitUntil{until};
}

ReflectorAction wait_to_watch(ReflectorState& state, TimePoint until, const Moment& at) {
  const auto* watching = std::get_if<Watching>(&state.phase);
  const bool was_of_use =
      watching != nullptr && (watching->brought || at.now - watching->since > kSurelyBegun);
  if (was_of_use || !state.away_since) state.away_since = at.now;
  state.phase = WaitingToWatch{until};
  return WaitUntil{until};
}

bool away_too_long(const ReflectorState& state, const Moment& at) {
  return state.away_since && at.now - *state.away_since > kResumeWithin;
}

bool in_doubt(const ReflectorState& state, const Moment& at) {
  const bool silent = state.silent_since && at.now - *state.silent_since > kSurelyTheSame;
  return state.doubted_since || silent;
}

void note_answer(ReflectorState& state, const Moment& at) {
  if (!state.doubted_since && in_doubt(state, at)) state.doubted_since = state.silent_since;
  state.silent_since.reset();
}

void note_silence(ReflectorState& state, const Moment& at) {
  if (!state.silent_since) state.silent_since = at.now;
}

void note_failure(ReflectorState& state, const Failed& failed, const Moment& at) {
  if (says_too_large(failed.status) && !state.doubted_since) state.doubted_since = at.now;
  const bool nobody_there = failed.http_status == 0 || failed.http_status >= http_code::kInternalError;
  nobody_there ? note_silence(state, at) : note_answer(state, at);
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
  if (!is_refusal || ++state.refused_watches < kRefusedWatchesToRelist) {
    return wait_to_watch(state, until, at);
  }
  state.refused_watches = 0;
  return wait_to_list(state, until, ListFrom::kLast);
}

}  // namespace fairlead::reconcile
