// I-1: who may hold an address beside another, and for how long.

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/checker.h"

namespace fairlead::sim {
namespace {

constexpr Milliseconds kGiveWay{50};
constexpr Milliseconds kExpiryLateness{1100};
constexpr TimePoint kForEver = TimePoint::max();

}  // namespace

// The one that the other has to give way to (RFC 9568 6.4.3); addresses rise with the node's number.
int Checker::winner(int group, int a, int b) {
  const auto& one = member(a, group).told;
  const auto& other = member(b, group).told;
  const int first = one ? one->priority : 0;
  const int second = other ? other->priority : 0;
  if (first != second) return first > second ? a : b;
  return std::max(a, b);
}

TimePoint Checker::allowed_over_halted(int group, int halted, int other, TimePoint since) {
  const Member& gone = member(halted, group);
  const TakeOver& how = member(other, group).take_over;
  if (how.at != since || at(halted).down_since > since) return kForEver;  // I-2 ends it
  // What the other read late may have been said before it held them anew.
  const bool let_go = gone.gave_up && (!gone.renewed || *gone.renewed <= *gone.gave_up);
  if (how.relinquished && how.relinquisher == halted && let_go) return since;
  if (how.relinquished || how.preempting || !gone.renewed) return kForEver;
  // It took over while the other's turn that did the same lasted, or too shortly before for its advert to be
  // there: the other could not know of it, and does not step back for one of lower rank afterwards.
  if (gone.take_over.at + slack_ >= how.turn_began) return kForEver;
  if (gone.fenced && gone.sent) {
    const bool unheard = lost_until_[index(halted)][index(other)] >= how.base;
    const Microseconds late = unheard ? Microseconds(*gone.sent - how.base) : Microseconds(0);
    const Microseconds figure = gone.fence_limit - how.active_down;
    return since + std::max(Microseconds(0), figure) + std::max(Microseconds(0), late) +
           (at(halted).stood - gone.sent_stood) + slack_ + at(other).slow;
  }
  const bool unsaid = !gone.sent || *gone.renewed > *gone.sent;
  Microseconds late{0};
  if (unsaid || lost_until_[index(halted)][index(other)] >= how.base) {
    late = std::max(Microseconds(0), Microseconds(*gone.renewed - how.base));
  }
  const Seconds lifetime = unsaid ? gone.lifetime_renewed : gone.lifetime_sent;
  const Microseconds figure = lifetime + kExpiryLateness - how.active_down;
  return since + std::max(Microseconds(0), figure) + late + (at(halted).stood - gone.renewed_clock) + slack_ +
         at(other).slow;
}

TimePoint Checker::allowed_until(int group, int a, int b, TimePoint since) {
  if (!up(a) && !up(b)) return kForEver;
  if (!up(a)) return allowed_over_halted(group, a, b, since);
  if (!up(b)) return allowed_over_halted(group, b, a, since);
  const int best = winner(group, a, b);
  const int loser = best == a ? b : a;
  const TimePoint lost = lost_until_[index(best)][index(loser)];
  TimePoint out = since + kGiveWay;
  out = std::max({out, at(a).excused_until, at(b).excused_until});
  // Since then, be the overlap a new one because somebody removed the addresses, which came back.
  const auto called_by_a_third = [&](int node, int other) {
    const TakeOver& how = member(node, group).take_over;
    return how.at <= since && member(other, group).take_over.at <= how.at && how.relinquished &&
           how.relinquisher != other;
  };
  for (const auto& [node, other] : {std::pair(a, b), std::pair(b, a)}) {
    if (!called_by_a_third(node, other)) continue;
    out = std::max(out, member(node, group).take_over.at + beat(best, group) + kGiveWay);
  }
  // Who began with a shorter interval than the other has yet may find him silent before his next advert.
  const TakeOver& began = member(loser, group).take_over;
  if (began.at <= since) out = std::max(out, began.base + beat(best, group) + kGiveWay);
  if (lost != TimePoint{}) out = std::max(out, lost + beat(best, group) + kGiveWay);
  // Back, and not yet Active, it keeps what it held until others may be (FN-01): who did not hear its last
  // adverts is so before.
  for (const auto& [left, other] : {std::pair(a, b), std::pair(b, a)}) {
    const Member& who = member(left, group);
    if (who.state != api::MemberState::kInitialize || !who.told || !who.renewed) continue;
    if (lost_until_[index(left)][index(other)] < member(other, group).take_over.base) continue;
    const Microseconds stood = at(left).stood - who.renewed_clock;
    out = std::max(out, *who.renewed + stood + who.told->min_active_down_interval + kGiveWay);
  }
  return out + slack_ + at(a).slow + at(b).slow;
}

// Until now_ all was as it is: overlaps that are open are judged by that, and new ones begin at the last
// change, which was now_ of the call before.
void Checker::look_for_overlaps() {
  if (!overlaps_may_be_) return;
  overlaps_may_be_ = false;
  std::uint32_t reached = 0;
  for (int node = 0; node < node_count_; ++node) {
    if (at(node).reachable) reached |= 1U << node;
  }
  std::map<Pair, TimePoint> open;
  for (int group = 0; group < group_count_; ++group) {
    for (int address = 0; address < kMostAddresses; ++address) {
      const auto holders = answering_[index(group)][index(address)] & reached;
      if (std::popcount(holders) < 2) continue;
      for (int a = 0; a < node_count_; ++a) {
        for (int b = a + 1; b < node_count_; ++b) {
          if (!has(holders, a) || !has(holders, b)) continue;
          const Pair pair{group, a, b};
          if (open.contains(pair)) continue;
          const auto known = overlaps_.find(pair);
          const TimePoint since = known == overlaps_.end() ? changed_ : known->second;
          open[pair] = since;
          ++checks_;
          if (now_ > allowed_until(group, a, b, since)) {
            fail("I-1", "group " + std::to_string(group) + ": nodes " + std::to_string(a) + " and " +
                            std::to_string(b) + " answer for one address since " +
                            std::to_string((now_ - since).count() / 1000) + " ms");
          }
        }
      }
    }
  }
  overlaps_ = std::move(open);
  overlaps_may_be_ = !overlaps_.empty();
}

void Checker::settled(bool equal_priorities) {
  for (int group = 0; group < group_count_; ++group) {
    int best = -1;
    bool all_preempt = !equal_priorities;
    for (int node = 0; node < node_count_; ++node) {
      const Member& who = member(node, group);
      if (!up(node) || !at(node).reachable || !who.told || at(node).troubled) continue;
      all_preempt = all_preempt && who.told->preempt;
      if (best < 0 || winner(group, best, node) == node) best = node;
    }
    if (best < 0) continue;  // nobody could
    std::uint32_t all = 0;
    for (int node = 0; node < node_count_; ++node)
      all |= at(node).reachable ? member(node, group).answering : 0;
    ++checks_;
    if (all == 0) return fail("I-7", "group " + std::to_string(group) + " has no holder in the end");
    for (int node = 0; node < node_count_; ++node) {
      const Member& who = member(node, group);
      if (who.answering == 0 || !at(node).reachable) continue;
      if (who.answering != all) fail("I-7", name(node, group) + " holds some addresses, another the others");
      if (all_preempt && node != best && !at(node).troubled)
        fail("I-7", name(node, group) + " is master in the end, not the best");
    }
  }
}

}  // namespace fairlead::sim
