#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"

// When the addresses of an Active virtual router are announced. vrrp.md 7: all of them in rounds after the
// promotion, from then on each one again and again, spread evenly; single rounds in between.
namespace fairlead::neighbor {

inline constexpr Seconds kRepeatLimit{1};  // rounds because of a rival or a link: at most one in this time

struct Timing {
  // Rounds, so long after the promotion each; ascending. None: the refresh begins at once.
  std::vector<Seconds> rounds{Seconds(0), Seconds(1), Seconds(5)};
  Seconds refresh{60};  // each address once in this time, after the last round; 0: never
  friend bool operator==(const Timing&, const Timing&) = default;
};

// The position in the schedule. A value; starts with the promotion and is dropped on leaving Active.
struct Schedule {
  TimePoint start;
  std::size_t rounds_done = 0;
  TimePoint next_refresh{};  // once all rounds are done
  std::size_t cursor = 0;    // whose turn it is at the next refresh
  std::optional<TimePoint> last_repeat;
  friend bool operator==(const Schedule&, const Schedule&) = default;
};
// That of a router that became Active at `now`, with so many addresses.
Schedule begin(const Timing& timing, std::size_t held, TimePoint now);

struct Due {
  Schedule next;
  std::vector<net::IpAddress> addresses;  // to announce now, in the order given
  friend bool operator==(const Due&, const Due&) = default;
};

// What is due at `now` of the addresses held. Rounds missed by a late caller are one round. The timing may be
// another one than at the call before: rounds that have passed do not come again.
Due due(const Timing& timing, const Schedule& schedule, const std::vector<net::IpAddress>& held,
        TimePoint now);

// One extra round because a rival was heard; empty if the last such round, or the promotion, is younger than
// kRepeatLimit: then a round has just left, and another follows.
Due repeat(const Schedule& schedule, const std::vector<net::IpAddress>& held, TimePoint now);

// When due() has something next. `held` is how many addresses are held; with none: never before more.
std::optional<TimePoint> next_due(const Timing& timing, const Schedule& schedule, std::size_t held);

// Frames an interface may send: a burst of 2000, then 500 a second (vrrp.md 7.5).
struct FrameBudget {
  static constexpr std::int64_t kBurst = 2000;
  static constexpr std::int64_t kPerSecond = 500;
  std::int64_t frames = kBurst;
  TimePoint counted_at{};  // when `frames` was true
  friend bool operator==(const FrameBudget&, const FrameBudget&) = default;
};

struct Grant {
  FrameBudget next;
  std::int64_t frames = 0;  // 0..wanted
};

// Takes up to `wanted` frames. Time that goes back earns nothing.
Grant take(const FrameBudget& budget, std::int64_t wanted, TimePoint now);

}  // namespace fairlead::neighbor
