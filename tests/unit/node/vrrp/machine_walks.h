#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <utility>

#include "unit/node/vrrp/machine_builders.h"

// Any router, any event, and walks of a machine through them, for the properties of one machine.
namespace fairlead::vrrp::testing {

inline net::IpAddress any_address(net::Family family) {
  const auto third = *rc::gen::inRange<std::uint8_t>(0, 2);
  const auto last = *rc::gen::arbitrary<std::uint8_t>();
  if (family == net::Family::kIPv4) return net::IpAddress::v4({10, 0, third, last});
  return net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, third, last});
}
inline Priority any_priority(int low) {
  return Priority(static_cast<std::uint8_t>(*rc::gen::inRange(low, 256)));
}

// What a router of that version advertises: 1..4095 centiseconds, or 1..255 seconds.
inline Centiseconds any_interval(Version version) {
  if (version == Version::k2) return Centiseconds(100 * *rc::gen::inRange(1, 256));
  return Centiseconds(*rc::gen::inRange(1, 4096));
}

inline RouterConfig any_config(Version version, net::Family family) {
  RouterConfig out;
  out.version = version;
  out.priority = any_priority(1);
  out.advertisement_interval = any_interval(version);
  out.preempt = *rc::gen::arbitrary<bool>();
  out.preempt_delay = Microseconds(*rc::gen::element<std::int64_t>(0, 0, 30000000));
  if (*rc::gen::arbitrary<bool>()) out.warm_since = t0;
  out.primary = any_address(family);
  return out;
}
inline RouterConfig any_config() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return any_config(Version::k2, net::Family::kIPv4);
    case 1:
      return any_config(Version::k3, net::Family::kIPv6);
    default:
      return any_config(Version::k3, net::Family::kIPv4);
  }
}
// Another that the same virtual router can be told to be.
inline RouterConfig any_change(const RouterConfig& config) {
  return any_config(config.version, config.primary.family());
}

inline AdvertReceived any_advert(const RouterConfig& config, int lowest_priority) {
  const auto interval =
      config.version == Version::k2 ? config.advertisement_interval : any_interval(Version::k3);
  return {any_priority(lowest_priority), interval, any_address(config.primary.family()),
          *rc::gen::arbitrary<bool>()};
}

// Changes `config` when it says so.
inline Event any_event(RouterConfig& config) {
  switch (*rc::gen::inRange(0, 17)) {
    case 0:
      return Startup{};
    case 1:
      return Shutdown{};
    case 2:
      return InterfaceLost{};
    case 3:
      return FenceExpired{};
    case 4:
      return Reconfigured{std::exchange(config, any_change(config))};
    case 12:
      return AddressesRefused{};
    case 13:
      return HandOver{};
    case 14:
      return Resume{};
    case 15:
      return FenceFollowed{};
    case 16:
      return AdvertUnsent{Microseconds(any_interval(config.version))};
    case 5:
    case 6:
    case 7:
      return TimePassed{};
    default:
      return any_advert(config, 0);
  }
}

inline bool sends(const Step& s) {
  for (const Effect& effect : s.effects) {
    if (std::holds_alternative<SendAdvert>(effect)) return true;
  }
  return false;
}

// Walks a machine through random events, time moving on between them, and shows every step to `check`.
template <class Check>
void walk(const Check& check) {
  RouterConfig config = any_config();
  State state = Initialize{};
  TimePoint now = t0;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    // Mostly a little later than the deadline, sometimes anywhere.
    const auto deadline = next_deadline(state);
    if (deadline && *rc::gen::inRange(0, 3) != 0) {
      now = std::max(now, *deadline + Microseconds(*rc::gen::inRange(0, 2000)));
    } else {
      now += Microseconds(*rc::gen::inRange(0, 3000000));
    }
    const Event event = any_event(config);
    const Step next = step(config, state, event, now);
    check(config, state, event, now, next);
    state = next.next;
  }
}

}  // namespace fairlead::vrrp::testing
