#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>
#include <string>

namespace fairlead {

// All protocol time is monotonic, in integer microseconds (reference vrrp.md 4). Pure code gets `now`
// as an argument of this type; only shells read the clock.
using Microseconds = std::chrono::duration<std::int64_t, std::micro>;
using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;
using Seconds = std::chrono::duration<std::int64_t>;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Microseconds>;

// Wall-clock instants, for people and Kubernetes objects only; never for a decision about a timer.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Microseconds>;

// "2026-08-20T09:14:02Z": RFC 3339, UTC, whole seconds (rounded down), as Kubernetes' metav1.Time.
std::string to_rfc3339(WallTime time);

// "2026-08-20T09:14:02.123456Z": RFC 3339, UTC, six decimals, as Kubernetes' metav1.MicroTime.
std::string to_rfc3339_micro(WallTime time);

// Reads either form (any number of decimals, 'Z' or a numeric offset). False if it is neither.
bool parse_rfc3339(const std::string& text, WallTime& out);

}  // namespace fairlead
