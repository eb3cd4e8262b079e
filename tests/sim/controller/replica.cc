#include "sim/controller/replica.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "controller/plan/backend_writes.h"
#include "controller/status/whole_round.h"

namespace fairlead::sim::cluster {
namespace {

constexpr Seconds kBeat{1};
constexpr Milliseconds kSwiftest{1};
constexpr Milliseconds kUsualLag{40};
constexpr Milliseconds kListed{1500};  // after a lost history, at the latest

// "192.0.2.0/24" of time: what conditions are stamped with.
WallTime wall_at(TimePoint now) {
  return std::chrono::floor<Seconds>(WallTime(Seconds(1767312000)) + (now - TimePoint(Seconds(1000))));
}

std::string text_of(const std::vector<controller::Write>& writes) {
  std::string out;
  for (const auto& write : writes) {
    out += (out.empty() ? "" : ", ") + std::to_string(static_cast<int>(write.step)) + ":" +
           std::to_string(static_cast<int>(write.verb)) + " " + to_string(name_of({write.target, write.key}));
  }
  return out;
}

}  // namespace

Replica::Replica(Ground& ground, std::string name) : ground_(ground), name_(std::move(name)) {}

void Replica::start(const std::map<std::string, std::size_t>& late) {
  process_ += alive() ? 2 : 1;
  leading_ = false;
  memory_ = {};
  claims_ = {};
  standing_ = {};
  agenda_ = {};
  service_of_.clear();
  unsynced_.clear();
  woken_at_.reset();
  cut_at_.reset();
  cache_ = std::make_unique<Cache>(ground_.server,
                                   [this](const auto& kind, const auto& key) { changed(kind, key); });
  writing_ =
      std::make_unique<Writing>(ground_, [this, process = process_](auto task) { run(process, task); });
  for (const auto& kind : kinds()) {
    const auto there = ground_.server.history(kind).size();
    const auto found = late.find(kind);
    cache_->list(kind, found == late.end() ? there : there - std::min(there, found->second));
    if (!held_back_.contains(kind)) notice(kind);
  }
  tick();
}

void Replica::crash() {
  process_ += alive() ? 1 : 0;
  leading_ = false;
}

void Replica::freeze(Microseconds length) { frozen_until_ = ground_.time.now() + length; }

void Replica::lead() {
  if (!alive() || leading_) return;
  leading_ = true;
  agenda_.lead(ground_.time.now());
  follow();
}

void Replica::later(Microseconds in, std::function<void()> task) {
  ground_.time.post(in, [this, process = process_, task = std::move(task)] { run(process, task); });
}

// Now, or once it is thawed; never by another process.
void Replica::run(int process, std::function<void()> task) {
  if (process != process_) return;
  if (ground_.time.now() >= frozen_until_) return task();
  ground_.time.post(frozen_until_, [this, process, task = std::move(task)] { run(process, task); });
}

void Replica::notice(const std::string& kind) {
  if (!alive()) return;
  const auto upto = ground_.server.history(kind).size();
  const int era = ground_.server.era();
  later(ground_.random.span(kSwiftest, kUsualLag), [this, kind, upto, era] {
    if (held_back_.contains(kind) || unsynced_.contains(kind) || era != ground_.server.era()) return;
    cache_->advance(kind, upto);
  });
}

void Replica::release(const std::string& kind) {
  held_back_.erase(kind);
  notice(kind);
}

void Replica::go_back(const std::string& kind, std::size_t changes) {
  if (!alive()) return;
  later(kSwiftest, [this, kind, changes] {
    const auto at = cache_->at(kind);
    cache_->list(kind, at - std::min(at, changes));
  });
}

void Replica::lose_history() {
  if (!alive()) return;
  unsynced_.insert(kinds().begin(), kinds().end());
  for (const auto& kind : kinds()) {
    later(ground_.random.span(kSwiftest, kListed), [this, kind] {
      cache_->list(kind, ground_.server.history(kind).size());
      unsynced_.erase(kind);
      changed("", {});
    });
  }
}

void Replica::changed(const std::string& kind, const api::ObjectKey& key) {
  if (kind == "EndpointSlice") return stir(key);
  if (!leading_) return;
  const Name name{kind, key};
  const auto object = object_of(name);
  const bool ours = object && writing_->is_ours(*object, cache_->version_of(name));
  agenda_.changed(object, ours, ground_.time.now());
  follow();
}

void Replica::stir(const api::ObjectKey& slice) {
  const auto* now = controller::find(cache_->inputs().endpoint_slices, slice);
  const auto before = service_of_.find(slice);
  std::set<api::ObjectKey> services;
  if (before != service_of_.end()) services.insert(before->second);
  if (now != nullptr) services.insert(service_of_[slice] = {slice.namespace_name, now->service_name});
  if (!leading_) return;
  for (const auto& service : services) agenda_.endpoints_changed(service, ground_.time.now());
  follow();
}

// Two timers, as the agenda says; one that has been set to another time meanwhile does nothing.
void Replica::follow() {
  const TimePoint now = ground_.time.now();
  const auto wake = agenda_.wake();
  if (wake && wake != std::exchange(woken_at_, wake)) {
    later(*wake - now, [this, at = *wake] {
      if (woken_at_ != at) return;
      woken_at_.reset();
      agenda_.woken();
      round();
    });
  }
  const auto cut = agenda_.cut();
  if (cut == std::exchange(cut_at_, cut) || !cut) return;
  later(*cut - now, [this, round = rounds_] {
    if (agenda_.rounds().running() && round == rounds_) writing_->drop_rest();
  });
}

controller::Agenda::VersionOf Replica::version_of() const {
  return [this](const controller::Object& object) { return cache_->version_of(name_of(object)); };
}

void Replica::round() {
  using Round = controller::Agenda::Round;
  if (!leading_ || agenda_.rounds().running() || !unsynced_.empty()) return;
  const auto next = agenda_.next(cache_->inputs(), version_of(), ground_.time.now());
  if (next == Round::kWhole) whole_round();
  if (next == Round::kEndpoints) endpoints_round();
  follow();
}

void Replica::endpoints_round() {
  const TimePoint now = ground_.time.now();
  agenda_.begin_endpoints(now);
  auto writes = controller::backend_writes(cache_->inputs(), standing_, agenda_.in_round());
  agenda_.computed(now);
  carry_out(std::move(writes));
}

void Replica::whole_round() {
  const TimePoint now = ground_.time.now();
  agenda_.begin_whole(now);
  auto& inputs = cache_->inputs();
  if (!memory_.begun) memory_.begun = now;
  inputs.memory = memory_;
  inputs.memory.fought = writing_->fought();
  inputs.now = now;
  auto decided = controller::whole_round(inputs, claims_, wall_at(now));
  memory_ = std::move(decided.memory);
  claims_ = std::move(decided.claims);
  standing_ = std::move(decided.standing);
  agenda_.computed(std::move(decided.outlook), now);
  carry_out(std::move(decided.writes));
}

void Replica::carry_out(std::vector<controller::Write> writes) {
  ++rounds_;
  wanted_ = text_of(writes);
  if (trace_ && !writes.empty()) {
    std::printf("%lld %s: %s\n",
                static_cast<long long>((ground_.time.now() - TimePoint(Seconds(1000))).count() / 1000),
                name_.c_str(), wanted_.c_str());
  }
  writing_->carry_out(std::move(writes), [this](const auto& outcome) { written(outcome); });
}

void Replica::written(const Writing::Outcome& outcome) {
  const bool news = writing_->fought() != memory_.fought;
  auto left = controller::services_behind(cache_->inputs(), standing_, outcome.left);
  agenda_.written({outcome.moved, outcome.at_rest, news, writing_->next_retry(), std::move(left)},
                  version_of(), ground_.time.now());
  follow();
}

void Replica::tick() {
  if (leading_) agenda_.tick(ground_.time.now());
  follow();
  later(kBeat, [this] { tick(); });
}

}  // namespace fairlead::sim::cluster
