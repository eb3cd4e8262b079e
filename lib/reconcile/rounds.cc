#include "lib/reconcile/rounds.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fairlead::reconcile {

void Rounds::add(TimePoint now) {
  if (waiting_ == 0) oldest_ = now;
  ++waiting_;
}

Microseconds Rounds::begin(TimePoint now) {
  assert(!running());
  begun_ = now;
  return std::exchange(waiting_, 0) == 0 ? Microseconds(0) : now - oldest_;
}

void Rounds::computed(TimePoint now) {
  assert(running());
  computed_ = now;
}

std::optional<TimePoint> Rounds::may_cut(TimePoint now, Microseconds gather) const {
  if (!begun_ || !computed_) return std::nullopt;
  return std::max(now + gather, *computed_ + (*computed_ - *begun_));
}

Microseconds Rounds::end(TimePoint now) {
  assert(running());
  computed_.reset();
  return now - *std::exchange(begun_, std::nullopt);
}

bool Rounds::want(TimePoint at) {
  if (wanted_ && *wanted_ <= at) return false;
  wanted_ = at;
  return true;
}

Microseconds Rounds::running_for(TimePoint now) const { return begun_ ? now - *begun_ : Microseconds(0); }

}  // namespace fairlead::reconcile
