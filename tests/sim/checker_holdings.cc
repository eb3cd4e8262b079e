// What is held, for how long, over what, and whether the node answers for it.

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/checker.h"

namespace fairlead::sim {
namespace {

constexpr Milliseconds kGiveWay{50};
constexpr Milliseconds kExpiryLateness{1100};
constexpr Milliseconds kTolerance{10};
constexpr Milliseconds kAsksAgain{100};  // to remove what was not removed

}  // namespace

void Checker::listed(int node, int group, int addresses) {
  Member& who = member(node, group);
  const std::uint32_t all = (1U << addresses) - 1U;
  if (std::exchange(who.listed, all) != all) who.listed_since = now_;
}

void Checker::fenced(int node, int group, bool yes) {
  member(node, group).fenced = yes;
  member(node, group).older_limit = Microseconds(0);
}

void Checker::held(int node, int group, int address, bool created) {
  Member& who = member(node, group);
  who.renewed = now_;
  who.renewed_clock = at(node).stood;
  who.lifetime_renewed = lifetime_told(who);
  if (!created) {
    who.renewed_this_turn = true;
    if (who.state == api::MemberState::kInitialize) judge_resumption(node, group);
    if (who.state == api::MemberState::kBackup && !who.took_over_this_turn)
      judge_take_over(node, group, address);
    return;
  }
  if (!has(who.ready, address)) fail("I-4", name(node, group) + " holds an address that is not ready");
  const bool resumes = who.state == api::MemberState::kInitialize && who.sent;
  who.held |= 1U << address;
  if (resumes) {
    judge_resumption(node, group);
  } else {
    judge_take_over(node, group, address);
  }
}

void Checker::released(int node, int group, int address) {
  gone(node, group, address);
  Member& who = member(node, group);
  if (who.held != 0 || (who.state != api::MemberState::kMaster && !who.took_over_this_turn)) return;
  may_be_backup(node, group);
}

// It wants no address of the group any more, as one that became Backup in this turn.
void Checker::may_be_backup(int node, int group) {
  member(node, group).let_go_this_turn = true;
  begin_backup(node, group, at(node).turn_began);  // a call may have taken its time since
}

void Checker::gone(int node, int group, int address) {
  Member& who = member(node, group);
  who.held &= ~(1U << address);
  who.answering &= ~(1U << address);
  who.unjustified &= ~(1U << address);
  answering_[index(group)][index(address)] &= ~(1U << node);
  // What it could not remove when it became Backup: with that its adverts count no more.
  const bool is_backup = who.state == api::MemberState::kBackup;
  if (who.held == 0 && is_backup && who.sent && *who.sent < at(node).turn_began) who.sent.reset();
}

bool Checker::is_well(int node, int group) {
  const Node& where = at(node);
  return member(node, group).state == api::MemberState::kMaster && up(node) && !where.sends_refused &&
         !where.troubled && where.slow == Microseconds(0);
}

void Checker::answers(int node, int group, int address, bool yes) {
  Member& who = member(node, group);
  std::uint32_t& all = answering_[index(group)][index(address)];
  if (yes) {
    who.answering |= 1U << address;
    all |= 1U << node;
    if (std::popcount(all) > 1) overlaps_may_be_ = true;
    return;
  }
  who.answering &= ~(1U << address);
  all &= ~(1U << node);
  ++checks_;
  // Neither may its fence silence a master that runs.
  if (has(who.held, address) && is_well(node, group) && at(node).reachable && who.sent &&
      at(node).awake_since < *who.sent) {
    fail("fence", name(node, group) + " is Active, runs, and is silenced by its fence");
  }
}

// The kernel must not take from a master that runs what it is to hold.
void Checker::expired(int node, int group, int address) {
  const Member& who = member(node, group);
  ++checks_;
  if (is_well(node, group) && has(who.listed, address) && who.renewed &&
      at(node).awake_since < *who.renewed) {
    fail("fence", name(node, group) + " is Active, runs, and loses an address to the kernel");
  }
  gone(node, group, address);
}

// I-2.
void Checker::judge_age(int node, int group) {
  const Member& who = member(node, group);
  if (!at(node).reachable || !who.renewed) return;
  ++checks_;
  const auto age = now_ - *who.renewed - (at(node).stood - who.renewed_clock);
  if (age > who.lifetime_renewed + kExpiryLateness + kTolerance) {
    fail("I-2", name(node, group) + " holds its addresses " + std::to_string(age.count() / 1000) +
                    " ms after the last renewal");
  }
}

// failure-model.md 10.2: the time-out lies below ADI_min of any other member.
void Checker::judge_silence(int node, int group) {
  const Member& who = member(node, group);
  if (!who.fenced || who.answering == 0 || !at(node).reachable || !who.sent) return;
  ++checks_;
  const auto age = now_ - *who.sent - (at(node).stood - who.sent_stood);
  if (age > who.fence_limit) {
    fail("fence",
         name(node, group) + " answers " + std::to_string(age.count() / 1000) + " ms after its last advert");
  }
}

// I-4: nothing is held over a dead path, nor what is not in the plan.
void Checker::judge_ground(int node, int group) {
  const Member& who = member(node, group);
  const Node& where = at(node);
  const bool unlisted = (who.held & ~who.listed) != 0;
  if (!up(node) || (where.carrier && !unlisted)) return;
  ++checks_;
  TimePoint since = unlisted ? who.listed_since : where.carrier_since;
  if (unlisted && !where.carrier) since = std::min(since, where.carrier_since);
  since = std::max({since, where.awake_since, where.release_refused_at + kAsksAgain});
  if (now_ > since + kGiveWay + slack_ + where.slow) {
    fail("I-4", name(node, group) + " holds an address " +
                    (unlisted ? "that its plan does not have" : "without a carrier"));
  }
}

}  // namespace fairlead::sim
