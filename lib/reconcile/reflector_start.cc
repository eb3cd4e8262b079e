#include "lib/reconcile/reflector_start.h"

namespace fairlead::reconcile {
namespace {

constexpr Seconds kListTimeout(30);       // K-34
constexpr Seconds kShortestWatch(300);    // K-12
constexpr Seconds kWatchSpread(300);      // K-12: 300..600
constexpr Seconds kOwnDeadlineLater(30);  // K-12
constexpr Seconds kHeadWithin(30);        // K-34, of a watch
constexpr Seconds kInitialWithin(60);     // of a watch-list: twice a list's time, since it has no pages

Seconds watch_time(double random) {
  return kShortestWatch + std::chrono::duration_cast<Seconds>(share(kWatchSpread, random));
}

}  // namespace

Microseconds share(Microseconds whole, double random) {
  return Microseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * random));
}

ReflectorAction start_list(const ReflectorConfig& config, ReflectorState& state, ListFrom from) {
  state.phase = Listing{from, {}, "", 1};
  return SendList{list_query(config, from, state.resource_version), kListTimeout};
}

ReflectorAction next_page(const ReflectorConfig& config, const std::string& token) {
  return SendList{page_query(config, token), kListTimeout};
}

ReflectorAction start_watch(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  const auto timeout = watch_time(at.random);
  state.phase = Watching{at.now, timeout, false, 0, std::nullopt, ListFrom::kLast};
  return SendWatch{watch_query(config, state.resource_version, timeout), timeout + kOwnDeadlineLater,
                   kHeadWithin, false};
}

ReflectorAction start_check(const ReflectorConfig& config, ReflectorState& state) {
  state.phase = Checking{};
  return SendCheck{check_query(config, state.resource_version), kListTimeout};
}

ReflectorAction start_anew(const ReflectorConfig& config, ReflectorState& state, ListFrom from,
                           const Moment& at) {
  if (state.watch_list_refused || state.list_next || from == ListFrom::kNewestWhole) {
    return start_list(config, state, from);
  }
  const auto timeout = watch_time(at.random);
  state.phase = Watching{at.now, timeout, false, 0, InitialEvents(), from};
  return SendWatch{watch_list_query(config, from, state.resource_version, timeout),
                   timeout + kOwnDeadlineLater, kInitialWithin, true};
}

}  // namespace fairlead::reconcile
