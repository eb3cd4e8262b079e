#include "lib/reconcile/reflector_failed.h"

#include "lib/base/http_code.h"
#include "lib/reconcile/reflector_start.h"
#include "lib/reconcile/reflector_wait.h"

namespace fairlead::reconcile {

using Actions = std::vector<ReflectorAction>;

Actions list_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                    const Moment& at) {
  const auto listing = std::get<Listing>(state.phase);
  if (failed.http_status == http_code::kNotFound) return kind_is_missing(state, at);
  Actions out{CountError{reason_of(failed), failed.said}};
  auto from = listing.from;
  if (version_is_no_good(failed) && (listing.page > 1 || from == ListFrom::kLast)) {
    // K-11: the continue token expired; K-04, K-05: the last version is no good either.
    from = listing.page > 1 ? ListFrom::kNewestWhole : ListFrom::kNewest;
    out.emplace_back(start_anew(config, state, from, at));
    return out;
  }
  out.emplace_back(wait_to_list(state, retry_time(state, failed, at), from));
  return out;
}

// K-08: the whole state did not come; the saved version is still the old one (K-09).
Actions watch_list_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                          const Moment& at) {
  if (failed.http_status == http_code::kNotFound) return kind_is_missing(state, at);
  const auto from = std::get<Watching>(state.phase).from;
  if (refuses_watch_list(failed)) {
    state.watch_list_refused = true;
    return {start_list(config, state, from)};
  }
  Actions out{CountError{reason_of(failed), failed.said}};
  if (version_is_no_good(failed) && from == ListFrom::kLast) {
    out.emplace_back(start_anew(config, state, ListFrom::kNewest, at));
    return out;
  }
  state.list_next = true;
  out.emplace_back(wait_to_list(state, retry_time(state, failed, at), from));
  return out;
}

Actions watch_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                     const Moment& at) {
  const auto& watching = std::get<Watching>(state.phase);
  if (watching.initial) return watch_list_failed(config, state, failed, at);
  if (failed.http_status == http_code::kNotFound) return kind_is_missing(state, at);
  Actions out{CountError{reason_of(failed), failed.said}};
  if (version_is_no_good(failed)) {
    if (watching.brought || state.refused_watches == 0) {
      state.refused_watches = 1;
      out.emplace_back(start_anew(config, state, ListFrom::kLast, at));
    } else {  // the list of a moment ago gave a version that cannot be watched: no hot loop
      out.emplace_back(wait_to_list(state, retry_time(state, failed, at), ListFrom::kNewest));
    }
    return out;
  }
  const bool is_refusal =
      failed.http_status == http_code::kBadRequest || failed.http_status == http_code::kForbidden ||
      failed.http_status >= http_code::kInternalError || watching.unusable >= kMostUnusable;
  out.emplace_back(resume_later(state, failed, is_refusal, at));
  return out;
}

// The version that we have is of a history that the server does not know (K-05).
Actions check_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                     const Moment& at) {
  if (failed.http_status == http_code::kNotFound) return kind_is_missing(state, at);
  Actions out{CountError{reason_of(failed), failed.said}};
  if (version_is_no_good(failed)) {
    out.emplace_back(start_anew(config, state, ListFrom::kNewest, at));
  } else if (refuses_watch_list(failed)) {  // it does not take the question: no worse than before
    out.emplace_back(start_watch(config, state, at));
  } else {
    out.emplace_back(resume_later(state, failed, failed.http_status >= http_code::kInternalError, at));
  }
  return out;
}

}  // namespace fairlead::reconcile
