#include "controller/plan/hand_overs.h"

#include <algorithm>
#include <optional>

#include "controller/plan/node_signals.h"
#include "lib/api/member_entry.h"

namespace fairlead::controller {
namespace {

using Group = api::VRRPGroup;
using Member = api::GroupMember;

const api::Node* node_of(const Inputs& inputs, const Member& member) {
  return find(inputs.nodes, cluster_key(member.node));
}

// Who is not selected is as good as excluded.
std::optional<Signal> signal_against(const Inputs& inputs, const Member& member, const Demand* demand) {
  const auto* node = node_of(inputs, member);
  if (node == nullptr) return std::nullopt;
  const auto signal = signal_of(*node, inputs.settings);
  const bool stands_out = demand != nullptr && !selects(inputs, *demand, *node);
  return stands_out && signal != Signal::kOutOfService ? Signal::kExcluded : signal;
}

// What it says of itself may be long past.
bool is_silent(const Inputs& inputs, const Group& group, const Member& member) {
  const auto* node = node_of(inputs, member);
  return node == nullptr || !node->ready ||
         inputs.memory.stale_members.contains({group.meta.name, member.node});
}

// It is Master, or a Backup that has all in place and hears one: on the wire, too, it is there.
bool can_take_over(const Inputs& inputs, const Group& group, const Member& member) {
  const auto* entry = api::entry_of(group, member.node);
  if (entry == nullptr || !entry->programmed || is_silent(inputs, group, member)) return false;
  return entry->state == api::MemberState::kMaster ||
         (entry->state == api::MemberState::kBackup && !entry->hears.empty());
}

// It took the role back after it had handed over, and is not to be displaced but by leaving.
bool sits_tight(const Group& group, const api::MemberStatus& entry) {
  return entry.state == api::MemberState::kMaster && group.spec.preempt;
}

bool has_given_up(const Inputs& inputs, const Group& group, const Member& member) {
  if (!member.hand_over) return false;
  if (is_silent(inputs, group, member)) return true;
  const auto* entry = api::entry_of(group, member.node);
  return entry != nullptr && entry->observed_generation >= group.meta.generation &&
         !sits_tight(group, *entry);
}

// What the others are good for.
struct Others {
  bool one_remains = false;
  bool one_is_ready = false;
  bool one_has_it = false;  // it has given nothing up
};

bool leaves(const Inputs& inputs, const Group& group, const Member& member, Signal signal,
            const Others& others) {
  switch (signal) {
    case Signal::kOutOfService:
      return others.one_is_ready || (others.one_remains && is_silent(inputs, group, member));
    case Signal::kExcluded:
      return others.one_is_ready && has_given_up(inputs, group, member);
    case Signal::kNetworkUnavailable:
    case Signal::kCordoned:
      return false;
  }
  return false;
}

}  // namespace

HandOvers hand_overs(const Inputs& inputs, const Group& group, const Demand* demand) {
  Others others;  // whoever has a signal against it is none of them
  for (const auto& member : group.spec.members) {
    if (node_of(inputs, member) == nullptr || signal_against(inputs, member, demand)) continue;
    others.one_remains = true;
    others.one_is_ready = others.one_is_ready || can_take_over(inputs, group, member);
    others.one_has_it = others.one_has_it || !member.hand_over;
  }
  const bool keeps_away = demand != nullptr && waits_for_endpoints(*demand) && others.one_has_it;
  HandOvers out;
  for (const auto& member : group.spec.members) {
    const auto signal = signal_against(inputs, member, demand);
    if (!signal && member.hand_over && keeps_away) out.giving_up.insert(member.node);
    if (!signal) continue;
    if (leaves(inputs, group, member, *signal, others)) {
      out.leaving.insert(member.node);
    } else if (member.hand_over || others.one_is_ready) {
      out.giving_up.insert(member.node);
    }
  }
  return out;
}

std::optional<std::string> makes_room(const Inputs& inputs, const Group& group, const Demand& demand) {
  const Member* weakest = nullptr;
  for (const auto& member : group.spec.members) {
    if (!signal_against(inputs, member, &demand)) return std::nullopt;
    const auto* entry = api::entry_of(group, member.node);
    if (entry != nullptr && entry->state == api::MemberState::kMaster) continue;
    if (weakest == nullptr || member.priority < weakest->priority) weakest = &member;
  }
  return weakest == nullptr ? std::nullopt : std::optional(weakest->node);
}

}  // namespace fairlead::controller
