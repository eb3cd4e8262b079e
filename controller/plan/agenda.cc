#include "controller/plan/agenda.h"

#include <algorithm>

#include "lib/reconcile/resource_version.h"

namespace fairlead::controller {
namespace {

constexpr Milliseconds kGather{50};
constexpr Milliseconds kLookAtCaches{20};
constexpr Seconds kCachesWithin{5};
constexpr Seconds kCalm{1};
constexpr Seconds kLookAnyway{30};
constexpr int kShareOfTime = 5;  // a whole round that nobody waits for takes one part of so many

}  // namespace

bool is_echo(const Moves& moves, const Object& object, const std::string& version) {
  const auto moved = moves.find(object);
  if (moved == moves.end()) return false;
  return version == moved->second.written ||
         !reconcile::has_passed(version, moved->second.before, moved->second.written);
}

bool decides_nothing(const Write& write) {
  const bool tells = write.verb == Verb::kApplyStatus && write.target != Target::kAddressClaim;
  return tells || write.step == Step::kRealServers;
}

void Agenda::lead(TimePoint now) {
  altered_ = true;
  rounds_.add(now);
  want_whole(now + kGather);
}

// What we have written was decided from already; what may be by another's hand is looked at again when the
// write has been answered. Of RealServerSets only what is told goes by them.
void Agenda::changed(const std::optional<Object>& object, bool ours, TimePoint now) {
  rounds_.add(now);
  if (object && object->first == Target::kRealServerSet) return want_whole(calm(now));
  if (object && ours) {
    want_whole(calm(now));
    if (rounds_.running()) perhaps_echo_.insert(*object);
    return;
  }
  altered_ = true;
  want_whole(now + kGather);
  cut_short(now);
}

void Agenda::endpoints_changed(const api::ObjectKey& service, TimePoint now) {
  rounds_.add(now);
  stirred_.add(service);
  want_whole(calm(now));  // for conditions, and for sets that are new or too many
  if (rounds_.running()) return cut_short(now);
  schedule(now + kGather);
}

void Agenda::aside(TimePoint now) {
  rounds_.add(now);
  want_whole(calm(now));
}

// When a whole round is due that nobody waits for.
TimePoint Agenda::calm(TimePoint now) const {
  return std::max(now + kCalm, whole_end_ + (kShareOfTime - 1) * whole_took_);
}

void Agenda::want_whole(TimePoint at) {
  if (!whole_at_ || at < *whole_at_) whole_at_ = at;
  if (!rounds_.running()) schedule(*whole_at_);
}

void Agenda::cut_short(TimePoint now) {
  if (!cut_at_) cut_at_ = rounds_.may_cut(now, kGather);
}

void Agenda::tick(TimePoint now) {
  if (!rounds_.running() && now >= next_look_) want_whole(now + kGather);
}

Agenda::Round Agenda::next(const Inputs& inputs, const VersionOf& version_of, TimePoint now) {
  if (!caught_up(version_of, now)) {
    schedule(now + kLookAtCaches);
    return Round::kNone;
  }
  if (altered_ || (whole_at_ && *whole_at_ <= now)) return Round::kWhole;
  if (!stirred_.empty()) {
    return shifts(inputs, footings_, stirred_.all()) ? Round::kWhole : Round::kEndpoints;
  }
  if (whole_at_) schedule(*whole_at_);
  return Round::kNone;
}

// True when the caches show everything that the last round changed, or it takes too long.
bool Agenda::caught_up(const VersionOf& version_of, TimePoint now) {
  std::erase_if(moved_, [&](const auto& entry) {
    return reconcile::has_passed(version_of(entry.first), entry.second.before, entry.second.written);
  });
  if (moved_.empty()) {
    behind_ = 0;
    return true;
  }
  if (now < wait_until_) return false;
  behind_ = moved_.size();
  moved_.clear();
  return true;
}

Microseconds Agenda::begin_whole(TimePoint now) {
  begun_ = now;
  of_endpoints_ = altered_ = false;
  whole_at_.reset();
  in_round_ = stirred_.take();
  next_look_ = now + kLookAnyway;
  return rounds_.begin(now);
}

Microseconds Agenda::begin_endpoints(TimePoint now) {
  begun_ = now;
  of_endpoints_ = true;
  in_round_ = stirred_.take();
  return rounds_.begin(now);
}

Microseconds Agenda::computed(Outlook outlook, TimePoint now) {
  footings_ = std::move(outlook.footings);
  if (outlook.unsettled) want_whole(begun_ + kGather);
  if (outlook.end) want_whole(std::max<TimePoint>(begun_ + kGather, *outlook.end));
  whole_end_ = now;
  whole_took_ = now - begun_;
  return computed(now);
}

Microseconds Agenda::computed(TimePoint now) {
  rounds_.computed(now);
  return now - begun_;
}

// First those that waited for the round, in their order.
void Agenda::put_back(std::set<api::ObjectKey> services) {
  if (services.empty()) return;
  std::erase_if(in_round_, [&](const auto& service) { return services.erase(service) == 0; });
  in_round_.insert(in_round_.end(), services.begin(), services.end());
  stirred_.put_back(in_round_);
}

Microseconds Agenda::written(Written what, const VersionOf& version_of, TimePoint now) {
  const Microseconds ran = rounds_.end(now);
  if (std::exchange(cut_at_, std::nullopt)) want_whole(calm(now));
  put_back(std::move(what.left));
  moved_ = std::move(what.moved);
  for (const auto& object : std::exchange(perhaps_echo_, {})) {
    if (!is_echo(moved_, object, version_of(object))) altered_ = true;
  }
  wait_until_ = now + kCachesWithin;
  const bool moves_on = !moved_.empty() && !what.at_rest && !of_endpoints_;
  if (what.news || moves_on || altered_) want_whole(now + kGather);
  if (what.retry) want_whole(std::max<TimePoint>(now + kGather, *what.retry));
  if (!stirred_.empty()) schedule(now + kGather);
  if (whole_at_) schedule(*whole_at_);
  return ran;
}

}  // namespace fairlead::controller
