#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/time.h"

namespace fairlead::kernel {

// The clock of the stamps in ifa_cacheinfo: hundredths of a second since the timer of the kernel began to
// tick, modulo 2^32. That is some time after the monotonic clock began, so the two cannot be compared;
// times(2) reads it, from another start: 2^32 ticks minus 300 s before, and how long a tick is it does not
// say.
//
// How old a stamp is, rounded up to a hundredth. `ticks` is what times(2) returned, `monotonic` the time
// then: near enough to tell 100, 250, 300 and 1000 ticks a second apart. Nothing if neither fits.
std::optional<Microseconds> age_of_stamp(std::uint32_t stamp, std::uint64_t ticks, Microseconds monotonic);

// The same, now.
std::optional<Microseconds> age_of_stamp(std::uint32_t stamp);

}  // namespace fairlead::kernel
