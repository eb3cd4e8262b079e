#include "node/vrrp/machine.h"

#include <algorithm>

#include "lib/base/overloaded.h"

namespace fairlead::vrrp {
namespace {

Step stay(const State& state) { return {state, {}, std::nullopt}; }

// Active_Adver_Interval: learned, and our own until then (section 6.1).
Centiseconds active_adver_interval(const RouterConfig& config, const Backup& state) {
  return state.learned_interval.value_or(config.advertisement_interval);
}

Backup fresh_backup(const RouterConfig& config, TimePoint now) {
  return {now, now + active_down_interval(config.version, config.priority, config.advertisement_interval),
          std::nullopt, Reason::kMasterDown};
}

TimePoint takes_over_at(const Backup& state) {
  return std::max(state.active_down, state.not_before.value_or(state.active_down));
}

// "Send an ADVERTISEMENT; broadcast a gratuitous ARP message for each address; set the Adver_Timer to
// Advertisement_Interval; transition to the {Active} state" (6.4.1 and 6.4.2). The addresses come between
// advert and ARP: no ARP before the address is in place (8.1.2).
Step become_active(const RouterConfig& config, TimePoint now, Reason reason) {
  return {Active{now + Microseconds(config.advertisement_interval), std::nullopt},
          {SendAdvert{config.priority}, HoldAddresses{}},
          reason};
}

// As a beat of an Active router, renewal first; then as one that becomes Active, since others may have
// forgotten where the addresses are.
Step resume(const RouterConfig& config, TimePoint now) {
  return {Active{now + Microseconds(config.advertisement_interval), std::nullopt},
          {RenewAddresses{}, SendAdvert{config.priority}, HoldAddresses{}},
          Reason::kResumed};
}

// Preempt_Mode, held back while preemptDelay runs (vrrp.md 4).
bool preempts(const RouterConfig& config, const Backup& state, TimePoint now) {
  if (config.priority == kOwner) return true;
  if (!config.preempt) return false;
  if (config.preempt_delay == Microseconds(0)) return true;
  if (!config.warm_since) return false;
  return now >= std::max(*config.warm_since, state.since) + config.preempt_delay;
}

// "If the Priority in the ADVERTISEMENT is greater than the local Priority, or equal and the primary IPvX
// address of the sender is greater than the local one" (6.4.3); unsigned, network byte order.
bool outranks(const AdvertReceived& advert, const RouterConfig& config) {
  if (advert.priority != config.priority) return advert.priority > config.priority;
  return advert.sender > config.primary;
}

// Active_Adver_Interval after an advert of the Active Router. Version 2 does not learn (V2-08): there an
// advert with another interval is none.
std::optional<Centiseconds> learned(const RouterConfig& config, const AdvertReceived& advert) {
  if (config.version == Version::k2) return std::nullopt;
  return advert.max_advertise_interval;
}

// A stranger is no Active Router of ours: who speaks seldom is waited for as long as that takes, but who
// speaks often does not hasten us over one of our own, and nothing is learned. Who leaves makes room for a
// Backup of his.
Microseconds strangers_down_interval(const RouterConfig& config, const Backup& state,
                                     const AdvertReceived& advert) {
  Centiseconds interval = active_adver_interval(config, state);
  if (advert.priority != kRelinquish) {
    interval = std::max(interval, learned(config, advert).value_or(interval));
  }
  return active_down_interval(config.version, config.priority, interval);
}

Backup on_advert(const RouterConfig& config, const Backup& state, const AdvertReceived& advert,
                 TimePoint now) {
  Backup next = state;
  next.passed_over.reset();
  if (advert.stranger) {
    next.active_down = std::max(state.active_down, now + strangers_down_interval(config, state, advert));
    next.expectation = Reason::kMasterDown;
  } else if (advert.priority == kRelinquish) {
    // "Set the Active_Down_Timer to Skew_Time."
    next.active_down = now + skew_time(config.version, config.priority, active_adver_interval(config, state));
    next.not_before.reset();
    next.expectation = Reason::kRelinquished;
  } else if (!preempts(config, state, now) || advert.priority >= config.priority) {
    // "Set Active_Adver_Interval to the Max Advertise Interval in the ADVERTISEMENT; recompute Skew_Time
    // and Active_Down_Interval; set the Active_Down_Timer to Active_Down_Interval."
    next.learned_interval = learned(config, advert);
    next.active_down =
        now + active_down_interval(config.version, config.priority, active_adver_interval(config, next));
    next.not_before.reset();
    next.expectation = Reason::kMasterDown;
  } else {
    // "Discard the ADVERTISEMENT": the timer runs on.
    next.expectation = Reason::kPreempted;
    next.passed_over = learned(config, advert);
  }
  return next;
}

Step on_advert(const RouterConfig& config, const Active& state, const AdvertReceived& advert, TimePoint now) {
  const Microseconds interval(config.advertisement_interval);
  if (advert.priority == kRelinquish) {
    // "Send an ADVERTISEMENT; reset the Adver_Timer to Advertisement_Interval." Whoever gives the role up had
    // it: hosts may have learned the addresses from him.
    return {Active{now + interval, state.last_answer},
            {RenewAddresses{}, SendAdvert{config.priority}, RepeatAnnouncement{}},
            std::nullopt};
  }
  if (outranks(advert, config)) {
    // "Cancel Adver_Timer; set Active_Adver_Interval to the one in the ADVERTISEMENT; recompute; set
    // Active_Down_Timer to Active_Down_Interval; transition to the {Backup} state."
    Backup next{now, now, std::nullopt, Reason::kMasterDown};
    if (advert.stranger) {
      next.active_down += strangers_down_interval(config, next, advert);
      return {next, {ReleaseAddresses{}}, Reason::kHigherPriorityHeard};
    }
    next.learned_interval = learned(config, advert);
    next.active_down +=
        active_down_interval(config.version, config.priority, active_adver_interval(config, next));
    // One last advert, with nothing behind it any more: where two were Active after a split, the winner may
    // have spoken first, and would else never learn that hosts must be told where the addresses are (FN-11).
    return {next, {ReleaseAddresses{}, SendAdvert{config.priority}}, Reason::kHigherPriorityHeard};
  }
  // "Discard the ADVERTISEMENT; send an ADVERTISEMENT immediately to assert the Active state." Here at
  // most once a quarter interval, against ping-pong (VR-101). The Adver_Timer runs on. Version 2 only
  // discards it (V2-09); hosts are told all the same.
  if (config.version == Version::k2) return {state, {RepeatAnnouncement{}}, std::nullopt};
  if (state.last_answer && now < *state.last_answer + interval / 4) return stay(state);
  return {Active{state.next_advert, now},
          {RenewAddresses{}, SendAdvert{config.priority}, RepeatAnnouncement{}},
          std::nullopt};
}

// Section 6.4.1: {Initialize}.
Step on(const RouterConfig& config, const Initialize& state, const Event& event, TimePoint now) {
  if (std::holds_alternative<Resume>(event)) return resume(config, now);
  if (!std::holds_alternative<Startup>(event)) return stay(state);
  if (config.priority == kOwner) return become_active(config, now, Reason::kStartup);
  return {fresh_backup(config, now), {}, Reason::kStartup};
}

// A priority or an own interval in use moves the timer by the difference it makes; all else leaves it. A
// timer that runs on over adverts of lower priority may have been set to either span: there the skew alone
// counts, so that no shorter interval lets it run out at once. Nor is an Active Router found silent sooner
// who may have the longer one still: what he had by that is waited for, from his last advert or our start on.
// The longest that was in use rules, so that intervals to and fro add nothing up. Preemption ends with a
// lower priority, and when it is not allowed any more or not yet: the Active Router that was passed over is
// to be waited for then, as if he had spoken just now.
Backup reconfigured(const RouterConfig& config, const Backup& state, const RouterConfig& before,
                    TimePoint now) {
  const bool no_more = preempts(before, state, now) && !preempts(config, state, now);
  if (state.expectation == Reason::kPreempted && (no_more || config.priority < before.priority)) {
    Backup next{state.since, now, state.passed_over, Reason::kMasterDown};
    next.active_down +=
        active_down_interval(config.version, config.priority,
                             std::max(active_adver_interval(config, next), before.advertisement_interval));
    return next;
  }
  const bool awaits_silence = state.expectation == Reason::kMasterDown;
  const auto span = [&](const RouterConfig& one, Centiseconds interval) {
    return (awaits_silence ? active_down_interval : skew_time)(one.version, one.priority, interval);
  };
  const Centiseconds interval_before = active_adver_interval(before, state);
  const TimePoint base = state.active_down - span(before, interval_before);
  Backup next = state;
  next.active_down = base + span(config, active_adver_interval(config, state));
  const TimePoint as_before = base + span(config, interval_before);
  if (awaits_silence && next.active_down < as_before) {
    next.not_before = std::max(as_before, state.not_before.value_or(as_before));
  }
  return next;
}

// Section 6.4.2: {Backup}.
Step on(const RouterConfig& config, const Backup& state, const Event& event, TimePoint now) {
  return std::visit(
      Overloaded{
          [&](const Startup&) { return stay(state); },
          [&](const Resume&) { return stay(state); },
          // "Cancel the Active_Down_Timer; transition to the {Initialize} state."
          [&](const Shutdown& shutdown) -> Step {
            return {Initialize{}, {}, shutdown.reason};
          },
          [&](const InterfaceLost&) -> Step {
            return {Initialize{}, {}, Reason::kLinkDown};
          },
          [&](const FenceExpired&) { return stay(state); },
          [&](const AddressesRefused&) { return stay(state); },
          [&](const HandOver&) { return stay(state); },
          [&](const FenceFollowed&) { return stay(state); },
          [&](const AdvertUnsent&) { return stay(state); },
          [&](const TimePassed&) {
            if (now < takes_over_at(state)) return stay(state);
            return become_active(config, now, state.expectation);
          },
          [&](const Reconfigured& change) { return stay(reconfigured(config, state, change.before, now)); },
          [&](const AdvertReceived& advert) { return stay(on_advert(config, state, advert, now)); },
      },
      event);
}

// Section 6.4.3: {Active}.
Step on(const RouterConfig& config, const Active& state, const Event& event, TimePoint now) {
  const Microseconds interval(config.advertisement_interval);
  return std::visit(
      Overloaded{
          [&](const Startup&) { return stay(state); },
          [&](const Resume&) { return stay(state); },
          // "Send an ADVERTISEMENT with Priority = 0; transition to the {Initialize} state." Stricter
          // here: the addresses are gone before anybody is invited to take them (VR-096).
          [&](const Shutdown& shutdown) -> Step {
            return {Initialize{}, {ReleaseAddresses{}, SendAdvert{kRelinquish}}, shutdown.reason};
          },
          [&](const InterfaceLost&) -> Step {
            return {Initialize{}, {ReleaseAddresses{}}, Reason::kLinkDown};
          },
          [&](const FenceExpired&) -> Step {
            return {fresh_backup(config, now), {ReleaseAddresses{}}, Reason::kFenceExpired};
          },
          // As on Shutdown: whoever can hold them is to take over at once.
          [&](const AddressesRefused&) -> Step {
            return {Initialize{}, {ReleaseAddresses{}, SendAdvert{kRelinquish}}, Reason::kAddressesRefused};
          },
          [&](const HandOver&) -> Step {
            return {fresh_backup(config, now),
                    {ReleaseAddresses{}, SendAdvert{kRelinquish}},
                    Reason::kHandedOver};
          },
          // The advert before gave the time that goes with the plan before.
          [&](const FenceFollowed&) -> Step {
            return {state, {RenewAddresses{}, SendAdvert{config.priority}}, std::nullopt};
          },
          // The others wait for the interval that they have heard of, be ours a longer one by now.
          [&](const AdvertUnsent& before) {
            return stay(Active{std::min(state.next_advert, now + before.interval), state.last_answer});
          },
          // "If the Adver_Timer fires: send an ADVERTISEMENT; reset the Adver_Timer." From the deadline,
          // not from now, so that lateness does not add up (VR-097); from now if a whole beat was missed.
          [&](const TimePassed& passed) -> Step {
            if (now + passed.early < state.next_advert) return stay(state);
            const TimePoint next = state.next_advert - passed.early + interval;
            return {Active{next > now ? next : now + interval, state.last_answer},
                    {RenewAddresses{}, SendAdvert{config.priority}},
                    std::nullopt};
          },
          // A longer interval begins with the next advert: until the others have heard of it they wait for
          // the old one.
          [&](const Reconfigured& change) {
            const auto moved = interval - Microseconds(change.before.advertisement_interval);
            return stay(Active{state.next_advert + std::min(moved, Microseconds(0)), state.last_answer});
          },
          [&](const AdvertReceived& advert) { return on_advert(config, state, advert, now); },
      },
      event);
}

}  // namespace

Step step(const RouterConfig& config, const State& state, const Event& event, TimePoint now) {
  return std::visit([&](const auto& current) { return on(config, current, event, now); }, state);
}

std::optional<TimePoint> next_deadline(const State& state) {
  using Deadline = std::optional<TimePoint>;
  return std::visit(Overloaded{
                        [](const Initialize&) -> Deadline { return std::nullopt; },
                        [](const Backup& backup) -> Deadline { return takes_over_at(backup); },
                        [](const Active& active) -> Deadline { return active.next_advert; },
                    },
                    state);
}

}  // namespace fairlead::vrrp
