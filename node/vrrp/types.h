#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

#include "lib/base/result.h"
#include "lib/base/strong.h"
#include "lib/base/time.h"

// The quantities of RFC 9568, with its names. All spans are integer microseconds (vrrp.md 4).
namespace fairlead::vrrp {

using Centiseconds = std::chrono::duration<std::int32_t, std::centi>;

using VirtualRouterId = Strong<struct VirtualRouterIdTag, std::uint8_t>;  // 1..255
using Priority = Strong<struct PriorityTag, std::uint8_t>;                // 0..255

// Sent by an Active Router that is giving up its role. RFC 9568 section 5.2.4.
inline constexpr Priority kRelinquish{0};
// Held by the router that owns the virtual addresses. RFC 9568 section 5.2.4.
inline constexpr Priority kOwner{255};

// Checks 1..255. Errors: kInvalid. RFC 9568 section 5.2.3.
Result<VirtualRouterId> make_virtual_router_id(int value);
// Checks 1..254, what a router that does not own the addresses may use. Errors: kInvalid. Section 5.2.4.
Result<Priority> make_priority(int value);
// Checks 1..4095 centiseconds. Errors: kInvalid. Section 5.2.7 with erratum 8301.
Result<Centiseconds> make_advertise_interval(Milliseconds value);

// Skew_Time = ((256 - Priority) * Active_Adver_Interval) / 256, rounded down to the microsecond.
// Section 6.1: (256-p) * icv * 625 / 16 microseconds.
constexpr Microseconds skew_time(Priority priority, Centiseconds active_interval) {
  return Microseconds(std::int64_t{256 - priority.value()} * active_interval.count() * 625 / 16);
}

// Active_Down_Interval = 3 * Active_Adver_Interval + Skew_Time. Section 6.1.
constexpr Microseconds active_down_interval(Priority priority, Centiseconds active_interval) {
  return 3 * Microseconds(active_interval) + skew_time(priority, active_interval);
}

}  // namespace fairlead::vrrp
