#include "node/kernel/tick_clock.h"

#include <sys/times.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/sys/loop.h"

namespace fairlead::kernel {
namespace {

constexpr std::int64_t kHundredthsAtStart = 300 * 100;
// A day: the starts for 250 and 300 ticks a second lie 33 days apart.
constexpr std::int64_t kFits = 24LL * 3600 * 100;

}  // namespace

std::optional<Microseconds> age_of_stamp(std::uint32_t stamp, std::uint64_t ticks, Microseconds monotonic) {
  constexpr std::array<std::int64_t, 4> kTicksPerSecond{100, 250, 300, 1000};
  for (const std::int64_t per_second : kTicksPerSecond) {
    const std::int64_t wrap = (std::int64_t{1} << 32) * 100 / per_second;
    const std::int64_t now = static_cast<std::int64_t>(ticks) - wrap + kHundredthsAtStart;
    if (std::abs(now - monotonic.count() / 10'000) > kFits) continue;
    const auto age = static_cast<std::int32_t>(static_cast<std::uint32_t>(now) - stamp);
    return Microseconds((std::int64_t{std::max(age, 0)} + 1) * 10'000);
  }
  return std::nullopt;
}

std::optional<Microseconds> age_of_stamp(std::uint32_t stamp) {
  struct tms unused {};
  return age_of_stamp(stamp, static_cast<std::uint64_t>(times(&unused)), sys::now().time_since_epoch());
}

}  // namespace fairlead::kernel
