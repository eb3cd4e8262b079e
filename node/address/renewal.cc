#include "node/address/renewal.h"

#include <algorithm>

#include "node/address/fence.h"

namespace fairlead::address {

namespace {

constexpr Milliseconds kAgeRounding{20};

// The kernel takes the whole seconds that have passed from the lifetime it gave.
bool was_given(const Renewal& renewal, Seconds lifetime) {
  const Microseconds sum = Microseconds(renewal.remaining) + renewal.age;
  return sum >= lifetime && sum <= Microseconds(lifetime) + Seconds(1) + kAgeRounding;
}

}  // namespace

std::optional<Microseconds> resumable_for(const std::vector<Renewal>& left, Seconds lifetime, Microseconds a,
                                          Microseconds adi_min) {
  if (left.empty()) return std::nullopt;
  Microseconds oldest{0};
  for (const Renewal& renewal : left) {
    if (!was_given(renewal, lifetime)) return std::nullopt;
    oldest = std::max(oldest, renewal.age);
  }
  const Microseconds limit = std::min<Microseconds>(lifetime, give_up_after(a, adi_min));
  if (oldest >= limit) return std::nullopt;
  return limit - oldest;
}

}  // namespace fairlead::address
