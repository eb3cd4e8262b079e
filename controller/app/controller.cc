#include "controller/app/controller.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "controller/plan/backend_writes.h"
#include "controller/plan/desired.h"
#include "controller/plan/patience.h"
#include "controller/plan/remember.h"
#include "controller/status/foreign_writers.h"
#include "lib/base/text.h"
#include "lib/reconcile/resource_version.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

constexpr Milliseconds kGather{50};
constexpr Milliseconds kLookAtCaches{20};
constexpr Seconds kCachesWithin{5};
constexpr Seconds kCalm{1};
constexpr Seconds kBeat{1};
constexpr Seconds kLookAnyway{30};
constexpr Seconds kGiveBack{30};
constexpr apiserver::RateLimit kEventRate{50, 100};  // all that the client allows (K-33)

}  // namespace

Controller::Controller(sys::Loop& loop, sys::Metrics& metrics, apiserver::Client& client, Pages& pages,
                       const Settings& settings, const std::string& instance)
    : pages_(pages),
      events_(loop, metrics, client, {"fairlead.dev/controller", instance}, kEventRate),
      writer_(metrics, client, events_),
      measures_(metrics),
      gather_(loop),
      cut_(loop),
      tick_(loop),
      server_age_(client),
      caches_(loop, metrics, client, settings,
              {[this](auto target, const auto& key) { changed(target, key); },
               [this](const auto& service) { endpoints_changed(service); }, [this] { changed_aside(); }}) {
  tick();
}

void Controller::lead() {
  leading_ = true;
  altered_ = true;
  add();
  want_whole(sys::now() + kGather);
}

void Controller::stop(std::function<void()> on_idle) {
  leading_ = false;
  writer_.drop_rest();
  if (!rounds_.running()) return on_idle();
  on_idle_ = std::move(on_idle);
}

void Controller::changed(std::optional<Target> target, const api::ObjectKey& key) {
  note_sync();
  if (!leading_) return;
  add();
  if (target == Target::kRealServerSet) return want_whole(calm());  // only what is told goes by it
  if (is_echo(target, key)) {
    want_whole(calm());
    if (rounds_.running()) perhaps_echo_.insert({*target, key});
    return;
  }
  altered_ = true;
  want_whole(sys::now() + kGather);
  cut_short();
}

// What we have written was decided from already; what may be by another's hand is looked at again when the
// write has been answered.
bool Controller::is_echo(std::optional<Target> target, const api::ObjectKey& key) const {
  return target && writer_.is_ours(*target, key, caches_.version_of(*target, key));
}

void Controller::changed_aside() {
  if (!leading_) return;
  add();
  want_whole(calm());
}

void Controller::endpoints_changed(const api::ObjectKey& service) {
  if (!leading_) return;
  add();
  stirred_.add(service);
  want_whole(calm());  // for conditions, and for sets that are new or too many
  if (rounds_.running()) return cut_short();
  schedule(kGather);
}

// When a whole round is due that nobody waits for: it takes a fifth of our time at most.
TimePoint Controller::calm() const { return std::max(sys::now() + kCalm, whole_end_ + 4 * whole_took_); }

void Controller::want_whole(TimePoint at) {
  if (!whole_at_ || at < *whole_at_) whole_at_ = at;
  if (!rounds_.running()) schedule(*whole_at_ - sys::now());
}

void Controller::cut_short() {
  const auto at = rounds_.may_cut(sys::now(), kGather);
  if (!at || std::exchange(cutting_, true)) return;
  cut_.arm(*at, [this] { writer_.drop_rest(); });
}

void Controller::add() {
  rounds_.add(sys::now());
  measures_.added();
  measures_.show(rounds_, sys::now());
}

// A stream of changes must not put a round off for ever, and what waits for a retry does not hold up changes.
void Controller::schedule(Microseconds wait) {
  const TimePoint at = sys::now() + wait;
  if (!rounds_.want(at)) return;
  gather_.arm(at, [this] {
    rounds_.timer_came();
    round();
  });
}

void Controller::round() {
  if (!leading_ || rounds_.running() || !caches_.synced()) return;
  if (!caught_up()) return schedule(kLookAtCaches);
  const TimePoint now = sys::now();
  if (altered_ || (whole_at_ && *whole_at_ <= now)) return whole_round(now);
  if (!stirred_.empty() && shifts(caches_.inputs(), footings_, stirred_.all())) return whole_round(now);
  if (!stirred_.empty()) return endpoints_round(now);
  if (whole_at_) schedule(*whole_at_ - now);
}

// Endpoints come and go all the time, and of 10,000 Services not each has to be looked at for that (FC-05).
void Controller::endpoints_round(TimePoint begun) {
  measures_.waited(rounds_.begin(begun));
  of_endpoints_ = true;
  in_round_ = stirred_.take();
  auto writes = backend_writes(caches_.inputs(), standing_, in_round_);
  rounds_.computed(sys::now());
  measures_.endpoints_round(sys::now() - begun);
  writer_.carry_out(std::move(writes), [this](const auto& outcome) { written(outcome); });
}

void Controller::whole_round(TimePoint begun) {
  measures_.waited(rounds_.begin(begun));
  of_endpoints_ = false;
  altered_ = false;
  whole_at_.reset();
  in_round_ = stirred_.take();
  next_look_ = begun + kLookAnyway;
  Inputs& inputs = caches_.inputs();
  if (!memory_.begun) memory_.begun = begun;
  inputs.memory = memory_;
  inputs.memory.fought = writer_.fought();
  inputs.now = begun;
  Desired wanted = desired(inputs);
  const Summary summary = summarize(inputs, wanted, claims_, sys::wall_now());
  auto writes = changes(inputs, wanted, summary.statuses);
  memory_ = remember(inputs, wanted);
  standing_ = std::move(wanted.standing);
  footings_ = std::move(wanted.footings);
  memory_.stale_members = summary.stale_members;
  memory_.fought = inputs.memory.fought;
  // Which ends its condition; and who is dead is not waited for.
  if (forget_settled(writes, memory_.foreign_writers) || summary.stale_members != inputs.memory.stale_members)
    want_whole(begun + kGather);
  claims_ = summary.memory;
  for (const auto& end : {next_end(inputs, memory_), summary.claims_end}) {
    if (end) want_whole(std::max<TimePoint>(begun + kGather, *end));
  }
  whole_end_ = sys::now();
  whole_took_ = whole_end_ - begun;
  fat_ = true;
  rounds_.computed(whole_end_);
  measures_.round(whole_took_);
  measures_.show(summary.statuses);
  measures_.count_failures(inputs, summary.statuses);
  pages_.set_state(state_json(inputs, summary.statuses));
  writer_.carry_out(std::move(writes), [this](const auto& outcome) { written(outcome); });
}

void Controller::written(const Writer::Outcome& outcome) {
  measures_.worked(rounds_.end(sys::now()));
  cut_.cancel();
  if (std::exchange(cutting_, false)) want_whole(calm());
  put_back(outcome.left);
  if (on_idle_) return std::exchange(on_idle_, nullptr)();
  moved_ = outcome.moved;
  for (const auto& [target, key] : std::exchange(perhaps_echo_, {})) {
    if (!is_echo(target, key)) altered_ = true;
  }
  for (const auto& [key, managers] : outcome.foreign_writers) {
    std::string& known = memory_.foreign_writers[key];
    if (known != managers) want_whole(sys::now());  // its condition says so
    known = managers;
  }
  const TimePoint now = sys::now();
  if (writer_.fought() != memory_.fought) want_whole(now + kGather);  // the conditions say so
  wait_until_ = now + kCachesWithin;
  if (!moved_.empty() && !outcome.at_rest && !of_endpoints_) want_whole(now + kGather);
  if (altered_) want_whole(now + kGather);
  if (const auto retry = writer_.next_retry()) want_whole(std::max<TimePoint>(now + kGather, *retry));
  if (!stirred_.empty()) schedule(kGather);
  if (whole_at_) schedule(*whole_at_ - now);
}

// Of the Services whose sets were left, first those that waited for the round, in their order.
void Controller::put_back(const std::set<api::ObjectKey>& sets) {
  if (sets.empty()) return;
  auto services = services_behind(caches_.inputs(), standing_, sets);
  std::erase_if(in_round_, [&](const auto& service) { return services.erase(service) == 0; });
  in_round_.insert(in_round_.end(), services.begin(), services.end());
  stirred_.put_back(in_round_);
}

// True when the caches show everything that the last round changed, or it takes too long.
bool Controller::caught_up() {
  std::erase_if(moved_, [&](const auto& entry) {
    const auto shown = caches_.version_of(entry.first.first, entry.first.second);
    return reconcile::has_passed(shown, entry.second.before, entry.second.written);
  });
  if (moved_.empty()) {
    told_behind_ = false;
    return true;
  }
  if (sys::now() < wait_until_) return false;
  if (!std::exchange(told_behind_, true)) {
    sys::log(sys::LogLevel::kWarning, "controller.cache_behind",
             {{"objects", std::to_string(moved_.size())}});
  }
  moved_.clear();
  return true;
}

void Controller::note_sync() {
  const bool synced = caches_.synced();
  if (std::exchange(synced_, synced) == synced || !synced) return;
  pages_.set_ready(true);
  sys::log(sys::LogLevel::kInfo, "controller.synced", {});
}

void Controller::tick() {
  pages_.beat(sys::now());
  server_age_.look(sys::now());
  const std::string missing = join(caches_.unsynced(), ",");
  if (std::exchange(waiting_for_, missing) != missing && !missing.empty()) {
    sys::log(sys::LogLevel::kInfo, "controller.waiting", {{"kinds", missing}});
  }
  measures_.show(rounds_, sys::now());
  if (leading_ && !rounds_.running() && sys::now() >= next_look_) want_whole(sys::now() + kGather);
  if (!rounds_.running()) give_memory_back();
  tick_.arm(sys::now() + kBeat, [this] { tick(); });
}

// A whole round makes everything that is wanted once more, and the allocator keeps what that took: of 10,000
// Services as much again as the caches.
void Controller::give_memory_back() {
  if (!fat_ || sys::now() < give_back_at_) return;
  fat_ = false;
  malloc_trim(0);
  give_back_at_ = sys::now() + kGiveBack;
}

}  // namespace fairlead::controller
