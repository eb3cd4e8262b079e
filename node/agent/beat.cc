#include "node/agent/beat.h"

namespace fairlead::agent {
namespace {

constexpr Seconds kEvery{1};
constexpr Microseconds kAtMost = Seconds(5);

std::int64_t now_us() { return sys::now().time_since_epoch().count(); }

}  // namespace

Beat::Beat(sys::Loop& loop) : last_us_(now_us()), timer_(loop) { note(); }

void Beat::note() {
  last_us_ = now_us();
  timer_.arm(sys::now() + kEvery, [this] { note(); });
}

bool Beat::alive() const { return Microseconds(now_us() - last_us_) <= kAtMost; }

}  // namespace fairlead::agent
