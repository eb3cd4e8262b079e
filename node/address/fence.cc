#include "node/address/fence.h"

#include <algorithm>
#include <chrono>

namespace fairlead::address {
namespace {

constexpr Milliseconds kGiveUpEarly{100};
constexpr Milliseconds kTicks{20};

}  // namespace

LifetimeRange lifetime_range(Microseconds a, Microseconds adi_min) {
  const Seconds shortest = std::chrono::floor<Seconds>(a) + Seconds(1);
  const Seconds least = std::max(shortest, std::chrono::floor<Seconds>(adi_min - kExpiryLateness));
  return {least, std::max(least, std::chrono::floor<Seconds>(adi_min))};
}

Seconds fence_lifetime(Microseconds a, Microseconds adi_min, std::optional<Seconds> wanted) {
  const LifetimeRange range = lifetime_range(a, adi_min);
  return wanted ? std::clamp(*wanted, range.least, range.most) : range.least;
}

Milliseconds silent_after(Microseconds a, Microseconds adi_min) {
  const Microseconds spare = std::max<Microseconds>((adi_min - 2 * a) / 2, Microseconds(0));
  return std::chrono::floor<Milliseconds>(adi_min - std::min<Microseconds>(kTicks, spare));
}

Microseconds fence_overlap(Seconds lifetime, Microseconds adi_min) {
  return std::max(Microseconds(lifetime) + kExpiryLateness - adi_min, Microseconds(0));
}

Microseconds finer_fence_overlap(Milliseconds silent_after, Microseconds adi_min) {
  return std::max(Microseconds(silent_after) + kTicks - adi_min, Microseconds(0));
}

Microseconds give_up_after(Microseconds a, Microseconds adi_min) {
  return std::max<Microseconds>(adi_min - kGiveUpEarly, 2 * a);
}

FenceVerdict judge(Microseconds gap, Microseconds a, Microseconds adi_min) {
  if (gap >= give_up_after(a, adi_min)) return FenceVerdict::kGiveUp;
  return gap <= a ? FenceVerdict::kGoOn : FenceVerdict::kDrainFirst;
}

bool renewal_due(std::optional<TimePoint> last_renewal, TimePoint now) {
  return !last_renewal || now - *last_renewal >= kRenewalStaysFresh;
}

}  // namespace fairlead::address
