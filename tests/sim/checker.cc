#include "sim/checker.h"

#include <algorithm>
#include <utility>

#include "sim/segment.h"

namespace fairlead::sim {
namespace {

constexpr Milliseconds kGiveWay{50};
constexpr Milliseconds kExpiryLateness{1100};
constexpr Milliseconds kTolerance{10};  // the loop's own lateness and the wire

// failure-model.md 1.2, worked out here once more: L.
Seconds lifetime_figure(const Told& told) {
  const auto floor = [](Microseconds span) { return std::chrono::floor<Seconds>(span); };
  const Seconds out =
      std::max(floor(told.interval) + Seconds(1), floor(told.min_active_down_interval - kExpiryLateness));
  return told.fence ? std::max(out, std::min(*told.fence, floor(told.min_active_down_interval))) : out;
}

}  // namespace

Checker::Checker(int nodes, int groups, Microseconds call_latency, Judged judged)
    : node_count_(nodes),
      group_count_(groups),
      slack_(kTolerance + 12 * call_latency),
      judged_(std::move(judged)) {}

std::string Checker::name(int node, int group) const {
  return "group " + std::to_string(group) + ": node " + std::to_string(node);
}

void Checker::fail(std::string invariant, std::string what) {
  if (!judged_.empty() && !judged_.contains(invariant)) return;
  if (!violation_) violation_ = Violation{std::move(invariant), std::move(what), now_};
}

void Checker::elapse(TimePoint now) {
  changed_ = now_;
  now_ = now;
  look_for_overlaps();
  for (int node = 0; node < node_count_; ++node) {
    const Node& where = at(node);
    for (int group = 0; group < group_count_; ++group) {
      const Member& who = member(node, group);
      if (who.held != 0) {
        judge_age(node, group);
        judge_silence(node, group);
        judge_ground(node, group);
      }
      if (who.state != api::MemberState::kMaster || !up(node) || where.sends_refused || !who.sent) continue;
      ++checks_;
      const TimePoint from = std::max(*who.sent, where.awake_since);
      if (now - from > who.sent_interval + slack_ + where.slow) {
        fail("I-11", name(node, group) + " is Active and sent nothing for " +
                         std::to_string((now - from).count() / 1000) + " ms");
      }
    }
  }
}

void Checker::daemon_ended(int node) {
  at(node).runs = false;
  at(node).down_since = now_;
  for (Member& who : members_[index(node)]) {
    who.state = api::MemberState::kInitialize;
    who.told.reset();
    who.told_before.reset();
    who.ready = 0;
    who.ready_now = 0;
  }
}

void Checker::daemon_began(int node) {
  at(node).runs = true;
  at(node).awake_since = now_;
  at(node).excused_until = std::max(at(node).excused_until, now_ + kGiveWay);
}

void Checker::halted(int node) {
  at(node).halted = true;
  at(node).halted_in_turn = true;
  if (at(node).runs) at(node).down_since = now_;
}

void Checker::runs_again(int node) {
  at(node).halted = false;
  at(node).awake_since = now_;
  at(node).excused_until = std::max(at(node).excused_until, now_ + kGiveWay);
}

void Checker::clock_stood(int node, Microseconds span, bool suspended) {
  at(node).stood += span;
  at(node).release_refused_at += span;  // it asks again by its own clock
  if (suspended) at(node).suspended += span;
  for (int group = 0; group < group_count_; ++group) {
    at(node).excused_until = std::max(at(node).excused_until, now_ + beat(node, group) + kGiveWay);
  }
}

void Checker::reachable(int node, bool yes) {
  at(node).reachable = yes;
  overlaps_may_be_ = true;
  for (int group = 0; group < group_count_; ++group) {
    at(node).excused_until = std::max(at(node).excused_until, now_ + beat(node, group) + kGiveWay);
  }
}

void Checker::carrier(int node, bool up) {
  at(node).carrier = up;
  at(node).carrier_since = now_;
}

void Checker::sends_refused(int node, bool yes) {
  at(node).sends_refused = yes;
  at(node).awake_since = now_;
}

Microseconds Checker::beat(int node, int group) {
  const Member& who = member(node, group);
  return std::max(Microseconds(who.sent_interval),
                  who.told ? Microseconds(who.told->interval) : Microseconds(0));
}

void Checker::release_refused(int node, const std::vector<net::IpAddress>& addresses) {
  at(node).excused_until = std::max(at(node).excused_until, now_ + Milliseconds(100) + kGiveWay);
  at(node).release_refused_in_turn = true;
  at(node).release_refused_at = now_;
  const int group = name_of(addresses.front()).group;
  std::uint32_t all = 0;
  for (const net::IpAddress& address : addresses) all |= 1U << name_of(address).number;
  const Member& who = member(node, group);
  if ((who.held & ~all) != 0) return;
  if (who.state == api::MemberState::kMaster || who.took_over_this_turn) may_be_backup(node, group);
}

void Checker::slow(int node, Microseconds before, Microseconds lateness) {
  at(node).slow = lateness;
  at(node).awake_since = now_;
  at(node).excused_until = std::max(at(node).excused_until, now_ + before + lateness + kGiveWay);
}

void Checker::ready(int node, const std::set<net::IpAddress>& addresses) {
  for (Member& who : members_[index(node)]) {
    who.ready_now = 0;
    if (who.state == api::MemberState::kInitialize) who.ready = 0;  // else what was ready may stay
  }
  for (const net::IpAddress& address : addresses) {
    const auto name = name_of(address);
    member(node, name.group).ready |= 1U << name.number;
    member(node, name.group).ready_now |= 1U << name.number;
  }
}

void Checker::told(int node, int group, const std::optional<Told>& told) {
  Member& who = member(node, group);
  if (who.told == told) return;
  who.told_before = std::exchange(who.told, told);
  if (who.told_before) who.older_limit = std::max(who.older_limit, who.told_before->min_active_down_interval);
  if (who.told_before && who.told) {
    who.shortest = std::min(who.shortest, who.told->interval);
  } else {
    begin_backup(node, group, now_);
  }
  at(node).excused_until = std::max(at(node).excused_until, now_ + beat(node, group) + kGiveWay);
}

void Checker::begin_backup(int node, int group, TimePoint since) {
  Member& who = member(node, group);
  set_base(who, since);
  who.heard_lower = who.lower_read_at && *who.lower_read_at >= at(node).turn_began;
  who.backup_since = since;
  who.backup_clock = at(node).stood;
}

void Checker::set_base(Member& who, TimePoint base) {
  who.base = base;
  who.shortest = who.told ? who.told->interval : vrrp::Centiseconds(0);
  if (who.told_before) who.shortest = std::min(who.shortest, who.told_before->interval);
}

void Checker::sent(int node, int group, int priority, vrrp::Centiseconds interval) {
  Member& who = member(node, group);
  if (priority == 0) {
    ++checks_;
    if (who.held != 0) fail("I-3", name(node, group) + " gives up its role and still holds addresses");
    who.gave_up = now_;
    return;
  }
  ++checks_;
  const auto gap =
      who.sent ? now_ - *who.sent - (at(node).stood - at(node).suspended - who.sent_clock) : Microseconds(0);
  // The others wait by the interval that they were told, be ours a shorter one by now.
  const Microseconds told = who.told ? min_active_down(*who.told, who.sent_interval) : Microseconds(0);
  const auto limit = std::max({who.min_active_down_sent, 2 * Microseconds(who.sent_interval), told});
  // Caught in the very call, only the finer fence keeps it back.
  if (who.state == api::MemberState::kMaster && gap > limit && (!at(node).halted_in_turn || who.fenced) &&
      !at(node).sends_refused && !(who.let_go_this_turn && may_take_over(node, group))) {
    fail("fence", name(node, group) + " advertises " + std::to_string(gap.count() / 1000) +
                      " ms after its last advert");
  }
  who.min_active_down_sent = who.told ? who.told->min_active_down_interval : Microseconds(0);
  who.sent = now_;
  who.sent_clock = at(node).stood - at(node).suspended;
  who.sent_stood = at(node).stood;
  who.fence_limit = std::max(who.min_active_down_sent, who.older_limit);
  who.sent_interval = interval;
  who.lifetime_sent = lifetime_told(who);
}

// In the turn that takes an order, the longer of the two.
Seconds Checker::lifetime_told(const Member& who) {
  const Seconds before = who.told_before ? lifetime_figure(*who.told_before) : Seconds(0);
  return who.told ? std::max(before, lifetime_figure(*who.told)) : before;
}

void Checker::lost(int from, int to, TimePoint until) {
  TimePoint& last = lost_until_[index(from)][index(to)];
  last = std::max(last, until);
}

void Checker::announced(int node, int group, int address) {
  ++checks_;
  if (!has(member(node, group).held, address)) {
    fail("VR-064", name(node, group) + " announces an address that it does not hold");
  }
}

}  // namespace fairlead::sim
