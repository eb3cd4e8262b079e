#include "node/neighbor/schedule.h"

#include <algorithm>
#include <iterator>

namespace fairlead::neighbor {
namespace {

constexpr std::size_t kRoundCount = std::size(kRounds);

Microseconds refresh_spacing(std::size_t held) {
  return Microseconds(kRefresh) / static_cast<std::int64_t>(std::max<std::size_t>(held, 1));
}

}  // namespace

Due due(const Schedule& schedule, const std::vector<net::IpAddress>& held, TimePoint now) {
  Due out{schedule, {}};
  if (schedule.rounds_done < kRoundCount) {
    while (out.next.rounds_done < kRoundCount && now >= schedule.start + kRounds[out.next.rounds_done]) {
      ++out.next.rounds_done;
    }
    if (out.next.rounds_done == schedule.rounds_done) return out;
    out.addresses = held;
    out.next.next_refresh = now + refresh_spacing(held.size());
    return out;
  }
  if (held.empty() || now < schedule.next_refresh) return out;
  out.addresses.push_back(held[schedule.cursor % held.size()]);
  out.next.cursor = (schedule.cursor + 1) % held.size();
  const TimePoint next = schedule.next_refresh + refresh_spacing(held.size());
  out.next.next_refresh = next > now ? next : now + refresh_spacing(held.size());
  return out;
}

Due repeat(const Schedule& schedule, const std::vector<net::IpAddress>& held, TimePoint now) {
  Due out{schedule, {}};
  if (now < schedule.last_repeat.value_or(schedule.start) + kRepeatLimit) return out;
  out.next.last_repeat = now;
  out.addresses = held;
  return out;
}

std::optional<TimePoint> next_due(const Schedule& schedule, std::size_t held) {
  if (schedule.rounds_done < kRoundCount) return schedule.start + kRounds[schedule.rounds_done];
  if (held == 0) return std::nullopt;
  return schedule.next_refresh;
}

Grant take(const FrameBudget& budget, std::int64_t wanted, TimePoint now) {
  Grant out{budget, 0};
  const Microseconds passed = now - budget.counted_at;
  if (passed > Microseconds(0)) {
    const Microseconds to_full =
        Microseconds(Seconds(1)) * (FrameBudget::kBurst - budget.frames) / FrameBudget::kPerSecond;
    if (passed >= to_full) {
      out.next = {FrameBudget::kBurst, now};
    } else {
      const Microseconds per_frame = Microseconds(Seconds(1)) / FrameBudget::kPerSecond;
      const std::int64_t earned = passed / per_frame;
      out.next = {budget.frames + earned, budget.counted_at + earned * per_frame};
    }
  }
  out.frames = std::clamp<std::int64_t>(wanted, 0, out.next.frames);
  out.next.frames -= out.frames;
  return out;
}

}  // namespace fairlead::neighbor
