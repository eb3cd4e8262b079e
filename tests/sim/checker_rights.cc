// Who may begin to hold: what a Backup may do, counted once more.

#include <algorithm>

#include "sim/checker.h"

namespace fairlead::sim {
namespace {

Microseconds skew(const Told& told, vrrp::Centiseconds interval) {
  if (told.version == vrrp::Version::k2) interval = vrrp::Centiseconds(100);
  return Microseconds(Microseconds(interval).count() * (256 - told.priority) / 256);
}
Microseconds active_down(const Told& told, vrrp::Centiseconds interval) {
  return 3 * Microseconds(interval) + skew(told, interval);
}

}  // namespace

// ADI_min after an advert that told `spoken`.
Microseconds Checker::min_active_down(const Told& told, vrrp::Centiseconds spoken) {
  Microseconds least = told.min_active_down_interval - 3 * Microseconds(told.interval);  // Skew_Time
  if (told.version == vrrp::Version::k3) least = least * spoken.count() / told.interval.count();
  return 3 * Microseconds(spoken) + least;
}

void Checker::read(int node, int group, const Heard& heard) {
  Member& who = member(node, group);
  if (!who.told) return;
  if (heard.priority == 0 && !heard.stranger) {
    who.relinquished = now_;
    who.relinquisher = heard.from;
    return;
  }
  if (who.state == api::MemberState::kMaster && !who.let_go_this_turn) {
    // In this turn it may be a Backup by now, and have learned that; if it became one by that very advert,
    // not.
    const auto learns = [&](const std::optional<Told>& told) {
      return told && (!told->preempt || told->preempt_delay > Microseconds(0));
    };
    const auto preempts = [&](const std::optional<Told>& told) {
      return told && told->preempt && told->preempt_delay == Microseconds(0) &&
             heard.priority < told->priority;
    };
    if (heard.stranger) return;
    if (preempts(who.told) || preempts(who.told_before)) who.lower_read_at = now_;
    if (heard.priority >= who.told->priority) {
      who.learned = heard.interval;
      who.learned_at = now_;
    } else if (learns(who.told) || learns(who.told_before)) {
      who.learned = std::min(heard.interval, who.told->interval);
      who.learned_at = now_;
    }
    return;
  }
  const auto passes_over = [&](const std::optional<Told>& told) {
    return told && !heard.stranger && told->preempt && heard.priority < told->priority &&
           now_ - (at(node).stood - who.backup_clock) >= who.backup_since + told->preempt_delay;
  };
  if (passes_over(who.told) || passes_over(who.told_before)) {
    who.heard_lower = true;
    return;
  }
  set_base(who, now_);
  if (!heard.stranger) {
    who.learned = heard.interval;
    who.learned_at = now_;
  }
  who.relinquished.reset();
  who.heard_lower = false;
}

// What a Backup may do, counted once more.
bool Checker::may_take_over(int node, int group, const Told& told) {
  Member& who = member(node, group);
  vrrp::Centiseconds interval = who.learned.value_or(told.interval);
  // Preempting, it may count by any interval it was told meanwhile: the one it preempts is alive and hears.
  if (who.heard_lower) interval = std::min(interval, who.shortest);
  TakeOver& how = who.take_over;
  how.at = now_;
  how.turn_began = at(node).turn_began;
  how.base = who.base;
  how.active_down = active_down(told, interval);
  how.preempting = who.heard_lower;
  how.relinquisher = who.relinquisher;
  how.relinquished = who.relinquished && now_ + slack_ >= *who.relinquished + skew(told, interval);
  return how.relinquished || now_ + slack_ >= how.base + how.active_down;
}

bool Checker::may_take_over(int node, int group) {
  const Member& who = member(node, group);
  return (who.told && may_take_over(node, group, *who.told)) ||
         (who.told_before && may_take_over(node, group, *who.told_before));
}

// Whether one that begins to hold may.
void Checker::judge_take_over(int node, int group, int address) {
  Member& who = member(node, group);
  ++checks_;
  if (!who.told && !who.told_before) {
    return fail("VR-080", name(node, group) + " holds an address of no group of its own");
  }
  const bool active = who.state == api::MemberState::kMaster;
  // A turn that takes over beats, too, if it lasts (node/agent/virtual_router_timers.h).
  if ((active || who.took_over_this_turn) && who.sent) {
    const Node& where = at(node);
    const auto gap = now_ - *who.sent - (where.stood - where.suspended - who.sent_clock);
    const auto waits = [&](const std::optional<Told>& told) {
      return told ? min_active_down(*told, who.sent_interval) : Microseconds(0);
    };
    const auto limit = std::max(waits(who.told), waits(who.told_before));
    if (gap <= limit + slack_) return;
    if (active && !who.let_go_this_turn) {
      who.unjustified |= 1U << address;
      return;
    }
  }
  who.took_over_this_turn = may_take_over(node, group);
  if (!who.took_over_this_turn) who.unjustified |= 1U << address;
}

// Addresses are renewed that an earlier run left.
void Checker::judge_resumption(int node, int group) {
  Member& who = member(node, group);
  ++checks_;
  const Node& where = at(node);
  // Died between renewal and advert, the earlier run left a renewal that nobody has heard of (FN-35): by the
  // age of that FN-01 lets it go on, as if an advert of its plan had left then. It knows no plan before it.
  const bool unheard = who.renewed_before && (!who.sent || *who.renewed_before > *who.sent);
  if (unheard) who.sent = who.renewed_before;
  if (who.told) {
    who.sent_interval = unheard ? who.told->interval : std::max(who.sent_interval, who.told->interval);
    const Microseconds least = unheard ? Microseconds(0) : who.min_active_down_sent;
    who.min_active_down_sent = std::max(least, who.told->min_active_down_interval);
  }
  const auto gap =
      who.sent ? now_ - *who.sent - (where.stood - where.suspended - who.sent_clock) : Microseconds(0);
  const bool ready = (who.held & ~who.ready) == 0;
  if (!ready || !who.sent || !who.told || gap > who.told->min_active_down_interval + slack_) {
    who.unjustified |= who.held;
  }
}

}  // namespace fairlead::sim
