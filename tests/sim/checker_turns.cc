// What a turn of a daemon's loop has come to in the end.

#include <bit>

#include "sim/checker.h"

namespace fairlead::sim {

void Checker::reported(int node, int group, api::MemberState state) {
  Member& who = member(node, group);
  if (state == who.state) return;
  if (state == api::MemberState::kInitialize) who.ready &= who.ready_now;
  const bool was_active = who.state == api::MemberState::kMaster;
  who.state = state;
  if (state == api::MemberState::kMaster) {
    who.learned.reset();
    return;
  }
  if (!was_active || who.learned_at < at(node).turn_began) who.learned.reset();
  // Stopped without an acknowledged removal, it has told nobody: its adverts count as before.
  if (who.held == 0) who.sent.reset();
  // Else it was one since then. A call may have taken its time since the turn began.
  if (!who.let_go_this_turn) begin_backup(node, group, at(node).turn_began);
  // The same turn may have read one after it became Backup.
  if (who.relinquished && *who.relinquished < at(node).turn_began) who.relinquished.reset();
}

void Checker::turn_began(int node) {
  at(node).turn_began = now_;
  at(node).halted_in_turn = false;
  at(node).release_refused_in_turn = false;
  for (Member& who : members_[index(node)]) {
    who.took_over_this_turn = false;
    who.let_go_this_turn = false;
    who.renewed_this_turn = false;
    who.renewed_before = who.renewed;
    who.tried_this_turn = false;
    who.unjustified = 0;
  }
}

void Checker::turn_ended(int node) {
  for (int group = 0; group < group_count_; ++group) {
    Member& who = member(node, group);
    who.told_before.reset();
    // Master and Backup again in one turn, which nobody reports, or kept from it by a call that took its
    // time: as in reported().
    if (who.state == api::MemberState::kBackup && who.held == 0) who.sent.reset();
    const bool stepped_down = who.took_over_this_turn && who.let_go_this_turn;
    if (stepped_down && who.state == api::MemberState::kBackup) {
      if (who.learned_at < at(node).turn_began) who.learned.reset();
      if (who.relinquished && *who.relinquished < at(node).turn_began) who.relinquished.reset();
    }
    ++checks_;
    const bool stays = who.state == api::MemberState::kMaster;
    // Who saw himself that he had no right to, and could only not remove it, has a little time (I-1).
    if (who.unjustified != 0 && (stays || !at(node).release_refused_in_turn)) {
      bool others = false;
      for (int address = 0; address < kMostAddresses; ++address) {
        const auto all = answering_[index(group)][index(address)];
        others = others || (has(who.unjustified, address) && std::popcount(all) > 1);
      }
      fail(others ? "I-1" : "VR-080",
           name(node, group) + " takes over without a right to" + (others ? ", beside another holder" : ""));
    }
    if (who.renewed_this_turn && !who.tried_this_turn && who.held != 0 && stays) {
      fail("fence", name(node, group) + " renewed its addresses and tried no advert");
    }
  }
}

}  // namespace fairlead::sim
