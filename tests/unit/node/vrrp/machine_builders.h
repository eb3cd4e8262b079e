#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/vrrp/machine.h"

// A virtual router of version 3, priority 100, interval 1 s, and what happens to it.
namespace fairlead::vrrp::testing {

inline net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

inline const TimePoint t0{Seconds(1000)};
inline const Microseconds kSecond{1000000};
inline const Microseconds kSkew{609375};  // priority 100, 1 s

inline RouterConfig config() {
  RouterConfig out;
  out.primary = ip("192.0.2.10");
  return out;
}
inline RouterConfig with_priority(int priority) {
  RouterConfig out = config();
  out.priority = Priority(static_cast<std::uint8_t>(priority));
  return out;
}
inline AdvertReceived advert(int priority, int centiseconds, std::string_view sender) {
  return {Priority(static_cast<std::uint8_t>(priority)), Centiseconds(centiseconds), ip(sender)};
}
inline Backup backup_until(TimePoint active_down) {
  return {t0, active_down, std::nullopt, Reason::kMasterDown};
}
inline const Active kActive{t0 + kSecond, std::nullopt};

inline Step unchanged(const State& state) { return {state, {}, std::nullopt}; }

}  // namespace fairlead::vrrp::testing
