#include "sim/controller/replica.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "controller/plan/backend_writes.h"
#include "controller/plan/desired.h"
#include "controller/plan/patience.h"
#include "controller/plan/remember.h"
#include "controller/status/foreign_writers.h"
#include "lib/reconcile/resource_version.h"

namespace fairlead::sim::cluster {
namespace {

constexpr Milliseconds kGather{50};
constexpr Milliseconds kLookAtCaches{20};
constexpr Seconds kCachesWithin{5};
constexpr Seconds kCalm{1};
constexpr Seconds kBeat{1};
constexpr Seconds kLookAnyway{30};
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
           std::to_string(static_cast<int>(write.verb)) + " " + to_string(name_of(write.target, write.key));
  }
  return out;
}

}  // namespace

Replica::Replica(Ground& ground, std::string name) : ground_(ground), name_(std::move(name)) {}

void Replica::start(const std::map<std::string, std::size_t>& late) {
  process_ += alive() ? 2 : 1;
  leading_ = running_ = altered_ = cutting_ = of_endpoints_ = false;
  memory_ = {};
  claims_ = {};
  standing_ = {};
  moved_.clear();
  stirred_.clear();
  service_of_.clear();
  unsynced_.clear();
  whole_at_.reset();
  next_round_.reset();
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
  leading_ = altered_ = true;
  want_whole(ground_.time.now() + kGather);
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
  const TimePoint now = ground_.time.now();
  if (kind == "EndpointSlice") return stir(key);
  if (!leading_) return;
  if (kind == "RealServerSet") return want_whole(now + kCalm);
  altered_ = true;
  want_whole(now + kGather);
  const Name name{kind, key};
  if (running_ && !writing_->is_ours(name, cache_->version_of(name))) cut_short();
}

void Replica::stir(const api::ObjectKey& slice) {
  const auto* now = controller::find(cache_->inputs().endpoint_slices, slice);
  const auto before = service_of_.find(slice);
  if (before != service_of_.end()) stirred_.insert(before->second);
  if (now != nullptr) stirred_.insert(service_of_[slice] = {slice.namespace_name, now->service_name});
  if (!leading_) return;
  want_whole(ground_.time.now() + kCalm);
  if (running_) return cut_short();
  schedule(ground_.time.now() + kGather);
}

void Replica::cut_short() {
  if (std::exchange(cutting_, true)) return;
  later(kGather, [this, round = rounds_] {
    if (running_ && round == rounds_) writing_->drop_rest();
  });
}

void Replica::want_whole(TimePoint at) {
  if (!whole_at_ || at < *whole_at_) whole_at_ = at;
  if (!running_) schedule(*whole_at_);
}

void Replica::schedule(TimePoint at) {
  if (next_round_ && *next_round_ <= at) return;
  next_round_ = at;
  later(at - ground_.time.now(), [this, at] {
    if (next_round_ != at) return;
    next_round_.reset();
    round();
  });
}

void Replica::round() {
  const TimePoint now = ground_.time.now();
  if (!leading_ || running_ || !unsynced_.empty()) return;
  if (!caught_up()) return schedule(now + kLookAtCaches);
  if (altered_ || (whole_at_ && *whole_at_ <= now)) return whole_round();
  if (!stirred_.empty()) return endpoints_round();
  if (whole_at_) schedule(*whole_at_);
}

void Replica::endpoints_round() {
  of_endpoints_ = true;
  in_round_ = std::exchange(stirred_, {});
  carry_out(controller::backend_writes(cache_->inputs(), standing_, {in_round_.begin(), in_round_.end()}));
}

void Replica::whole_round() {
  const TimePoint now = ground_.time.now();
  of_endpoints_ = altered_ = false;
  whole_at_.reset();
  stirred_.clear();
  next_look_ = now + kLookAnyway;
  auto& inputs = cache_->inputs();
  inputs.memory = memory_;
  inputs.memory.fought = writing_->fought();
  inputs.now = now;
  auto wanted = controller::desired(inputs);
  const auto summary = controller::summarize(inputs, wanted, claims_, wall_at(now));
  auto writes = controller::changes(inputs, wanted, summary.statuses);
  memory_ = controller::remember(inputs, wanted);
  standing_ = std::move(wanted.standing);
  memory_.stale_members = summary.stale_members;
  memory_.fought = inputs.memory.fought;
  if (controller::forget_settled(writes, memory_.foreign_writers) ||
      summary.stale_members != inputs.memory.stale_members) {
    want_whole(now + kGather);
  }
  claims_ = summary.memory;
  for (const auto& end : {controller::next_end(inputs, memory_), summary.claims_end}) {
    if (end) want_whole(std::max<TimePoint>(now + kGather, *end));
  }
  carry_out(std::move(writes));
}

void Replica::carry_out(std::vector<controller::Write> writes) {
  ++rounds_;
  running_ = true;
  wanted_ = text_of(writes);
  if (trace_ && !writes.empty()) {
    std::printf("%lld %s: %s\n",
                static_cast<long long>((ground_.time.now() - TimePoint(Seconds(1000))).count() / 1000),
                name_.c_str(), wanted_.c_str());
  }
  writing_->carry_out(std::move(writes), [this](const auto& outcome) { written(outcome); });
}

void Replica::written(const Writing::Outcome& outcome) {
  const TimePoint now = ground_.time.now();
  running_ = false;
  if (std::exchange(cutting_, false) && of_endpoints_) stirred_.merge(in_round_);
  moved_ = outcome.moved;
  if (writing_->fought() != memory_.fought) want_whole(now + kGather);
  wait_until_ = now + kCachesWithin;
  if (!moved_.empty() && !of_endpoints_) want_whole(now + kGather);
  if (const auto retry = writing_->next_retry()) want_whole(std::max<TimePoint>(now + kGather, *retry));
  if (!stirred_.empty()) schedule(now + kGather);
  if (whole_at_) schedule(*whole_at_);
}

bool Replica::caught_up() {
  std::erase_if(moved_, [&](const auto& entry) {
    return reconcile::has_passed(cache_->version_of(entry.first), entry.second.before, entry.second.written);
  });
  if (moved_.empty()) return true;
  if (ground_.time.now() < wait_until_) return false;
  moved_.clear();
  return true;
}

void Replica::tick() {
  const TimePoint now = ground_.time.now();
  if (leading_ && !running_ && now >= next_look_) want_whole(now + kGather);
  later(kBeat, [this] { tick(); });
}

}  // namespace fairlead::sim::cluster
