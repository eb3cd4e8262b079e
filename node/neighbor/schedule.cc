#include "node/neighbor/schedule.h"

#include <algorithm>
namespace fairlead::neighbor {
namespace {

// Between two addresses, so that each has its turn once in timing.refresh. REQUIRES: there is a refresh.
Microseconds refresh_spacing(const Timing& timing, std::size_t held) {
  return Microseconds(timing.refresh) / static_cast<std::int64_t>(std::max<std::size_t>(held, 1));
}

TimePoint first_refresh(const Timing& timing, std::size_t held, TimePoint now) {
  return timing.refresh == Seconds(0) ? now : now + refresh_spacing(timing, held);
}

bool in_rounds(const Timing& timing, const Schedule& schedule) {
  return schedule.rounds_done < timing.rounds.size();
}

}  // namespace

Schedule begin(const Timing& timing, std::size_t held, TimePoint now) {
  return {now, 0, first_refresh(timing, held, now), 0, {}};
}

Due due(const Timing& timing, const Schedule& schedule, const std::vector<net::IpAddress>& held,
        TimePoint now) {
  Due out{schedule, {}};
  if (in_rounds(timing, schedule)) {
    while (in_rounds(timing, out.next) && now >= schedule.start + timing.rounds[out.next.rounds_done]) {
      ++out.next.rounds_done;
    }
    if (out.next.rounds_done == schedule.rounds_done) return out;
    out.addresses = held;
    out.next.next_refresh = first_refresh(timing, held.size(), now);
    return out;
  }
  if (held.empty() || timing.refresh == Seconds(0) || now < schedule.next_refresh) return out;
  out.addresses.push_back(held[schedule.cursor % held.size()]);
  out.next.cursor = (schedule.cursor + 1) % held.size();
  const Microseconds spacing = refresh_spacing(timing, held.size());
  const TimePoint next = schedule.next_refresh + spacing;
  out.next.next_refresh = next > now ? next : now + spacing;
  return out;
}

Due repeat(const Schedule& schedule, const std::vector<net::IpAddress>& held, TimePoint now) {
  Due out{schedule, {}};
  if (now < schedule.last_repeat.value_or(schedule.start) + kRepeatLimit) return out;
  out.next.last_repeat = now;
  out.addresses = held;
  return out;
}

std::optional<TimePoint> next_due(const Timing& timing, const Schedule& schedule, std::size_t held) {
  if (in_rounds(timing, schedule)) return schedule.start + timing.rounds[schedule.rounds_done];
  if (held == 0 || timing.refresh == Seconds(0)) return std::nullopt;
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
