#include "node/agent/beat.h"

namespace fairlead::agent {
namespace {

constexpr Seconds kEvery{1};
constexpr Microseconds kAtMost = Seconds(5);

std::int64_t now_us() { return sys::now().time_since_epoch().count(); }

}  // namespace

Beat::Beat(sys::Loop& loop, Microseconds waits) : waits_(waits), last_us_(now_us()), timer_(loop) { note(); }

void Beat::moved() { last_us_ = now_us(); }

void Beat::note() {
  moved();
  timer_.arm(sys::now() + kEvery, [this] { note(); });
}

bool Beat::alive_at(TimePoint now) const {
  return Microseconds(now.time_since_epoch().count() - last_us_) <= kAtMost + waits_;
}

}  // namespace fairlead::agent
