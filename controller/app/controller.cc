#include "controller/app/controller.h"

#include <malloc.h>

#include <utility>

#include "controller/plan/backend_writes.h"
#include "controller/status/denials.h"
#include "controller/status/whole_round.h"
#include "lib/base/text.h"
#include "lib/sys/log.h"

namespace fairlead::controller {
namespace {

constexpr Seconds kBeat{1};
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
  agenda_.lead(sys::now());
  note_change();
  follow();
}

void Controller::stop(std::function<void()> on_idle) {
  leading_ = false;
  writer_.drop_rest();
  if (!agenda_.rounds().running()) return on_idle();
  on_idle_ = std::move(on_idle);
}

void Controller::changed(std::optional<Target> target, const api::ObjectKey& key) {
  note_sync();
  if (!leading_) return;
  const auto object = target ? std::optional(Object{*target, key}) : std::nullopt;
  const bool ours = target && writer_.is_ours(*object, caches_.version_of(*target, key));
  agenda_.changed(object, ours, sys::now());
  note_change();
  follow();
}

void Controller::endpoints_changed(const api::ObjectKey& service) {
  if (!leading_) return;
  agenda_.endpoints_changed(service, sys::now());
  note_change();
  follow();
}

void Controller::changed_aside() {
  if (!leading_) return;
  agenda_.aside(sys::now());
  note_change();
  follow();
}

void Controller::note_change() {
  measures_.added();
  measures_.show(agenda_.rounds(), sys::now());
}

void Controller::follow() {
  const auto wake = agenda_.wake();
  if (wake && wake != std::exchange(woken_at_, wake)) {
    gather_.arm(*wake, [this] {
      woken_at_.reset();
      agenda_.woken();
      round();
    });
  }
  const auto cut = agenda_.cut();
  if (cut == std::exchange(cut_at_, cut)) return;
  if (!cut) return cut_.cancel();
  cut_.arm(*cut, [this] { writer_.drop_rest(); });
}

Agenda::VersionOf Controller::version_of() const {
  return [this](const Object& object) { return caches_.version_of(object.first, object.second); };
}

void Controller::round() {
  if (!leading_ || agenda_.rounds().running() || !caches_.synced()) return;
  const auto next = agenda_.next(caches_.inputs(), version_of(), sys::now());
  tell_behind();
  if (next == Agenda::Round::kWhole) whole_round();
  if (next == Agenda::Round::kEndpoints) endpoints_round();
  follow();
}

void Controller::tell_behind() {
  const auto behind = agenda_.behind();
  if (std::exchange(told_behind_, behind > 0) || behind == 0) return;
  sys::log(sys::LogLevel::kWarning, "controller.cache_behind", {{"objects", std::to_string(behind)}});
}

// Endpoints come and go all the time, and of 10,000 Services not each has to be looked at for that (FC-05).
void Controller::endpoints_round() {
  measures_.waited(agenda_.begin_endpoints(sys::now()));
  auto writes = backend_writes(caches_.inputs(), standing_, agenda_.in_round());
  measures_.endpoints_round(agenda_.computed(sys::now()));
  writer_.carry_out(std::move(writes), [this](const auto& outcome) { written(outcome); });
}

void Controller::whole_round() {
  const TimePoint begun = sys::now();
  measures_.waited(agenda_.begin_whole(begun));
  Inputs& inputs = caches_.inputs();
  if (!memory_.begun) memory_.begun = begun;
  inputs.memory = memory_;
  inputs.memory.fought = writer_.fought();
  inputs.memory.refused = writer_.refused();
  inputs.now = begun;
  WholeRound decided = controller::whole_round(inputs, claims_, sys::wall_now());
  memory_ = std::move(decided.memory);
  claims_ = std::move(decided.claims);
  standing_ = std::move(decided.standing);
  measures_.round(agenda_.computed(std::move(decided.outlook), sys::now()));
  measures_.show(decided.statuses);
  measures_.count_failures(inputs, decided.statuses);
  pages_.set_state(state_json(inputs, decided.statuses));
  writer_.wants(decided.writes);
  writer_.carry_out(std::move(decided.writes), [this](const auto& outcome) { written(outcome); });
}

void Controller::written(const Writer::Outcome& outcome) {
  fat_ = true;
  bool news = writer_.fought() != memory_.fought;
  news = note_refused() || news;
  for (const auto& [key, managers] : outcome.foreign_writers) {
    news = std::exchange(memory_.foreign_writers[key], managers) != managers || news;
  }
  auto left = services_behind(caches_.inputs(), standing_, outcome.left);
  measures_.worked(
      agenda_.written({outcome.moved, outcome.at_rest, news, writer_.next_retry(), std::move(left)},
                      version_of(), sys::now()));
  if (on_idle_) return std::exchange(on_idle_, nullptr)();
  follow();
}

// True if that is news: conditions follow. Of what cannot be told there an Event tells.
bool Controller::note_refused() {
  const Refused now = writer_.refused();
  if (now == memory_.refused) return false;
  for (const auto& notice : denied_notices(caches_.inputs(), memory_.refused, now)) writer_.tell(notice);
  memory_.refused = now;
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
  measures_.show(agenda_.rounds(), sys::now());
  if (leading_) agenda_.tick(sys::now());
  follow();
  if (writer_.forget(sys::now())) fat_ = true;
  if (!agenda_.rounds().running()) give_memory_back();
  tick_.arm(sys::now() + kBeat, [this] { tick(); });
}

// A whole round makes everything that is wanted once more, and what is written of it comes back by the
// watches: the allocator keeps what that took, of 10,000 Services as much again as the caches.
void Controller::give_memory_back() {
  if (!fat_ || sys::now() < give_back_at_) return;
  fat_ = false;
  malloc_trim(0);
  give_back_at_ = sys::now() + kGiveBack;
}

}  // namespace fairlead::controller
