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

// The protocol version of a virtual router. It speaks one, never both (section 8.4 is not offered).
enum class Version : std::uint8_t {
  k2 = 2,  // RFC 3768, IPv4 only: intervals of whole seconds, not learned
  k3 = 3,  // RFC 9568
};

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
// Version 3: checks 1..4095 centiseconds (section 5.2.7 with erratum 8301). Version 2: 1..255 whole seconds
// (RFC 3768 section 5.3.7). Errors: kInvalid.
Result<Centiseconds> make_advertise_interval(Version version, Milliseconds value);

// Skew_Time, rounded down to the microsecond. Version 3, section 6.1: ((256 - Priority) *
// Active_Adver_Interval) / 256, that is (256-p) * icv * 625 / 16 microseconds. Version 2, RFC 3768 section
// 6.1: (256 - Priority) / 256 seconds, whatever the interval.
constexpr Microseconds skew_time(Version version, Priority priority, Centiseconds active_interval) {
  const std::int64_t below = 256 - priority.value();
  if (version == Version::k2) return Microseconds(below * 15625 / 4);
  return Microseconds(below * active_interval.count() * 625 / 16);
}

// Active_Down_Interval = 3 * Active_Adver_Interval + Skew_Time. Section 6.1, and of RFC 3768.
constexpr Microseconds active_down_interval(Version version, Priority priority,
                                            Centiseconds active_interval) {
  return 3 * Microseconds(active_interval) + skew_time(version, priority, active_interval);
}

}  // namespace fairlead::vrrp
