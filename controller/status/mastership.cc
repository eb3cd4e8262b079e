#include "controller/status/mastership.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "controller/plan/reason.h"
#include "controller/status/conditions.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr Seconds kAnswerWithin{5};
constexpr Seconds kAnswerWithinSlow{35};  // in a running split, and after a start of the controller
const std::string kStalePrefix = "stale claim of ";
const std::string kStaleSuffix = ": the daemon there does not answer";

bool is_member(const api::VRRPGroup& group, const std::string& node) {
  return std::any_of(group.spec.members.begin(), group.spec.members.end(),
                     [&](const auto& member) { return member.node == node; });
}

std::set<std::string> noted_stale(const api::VRRPGroup& group) {
  const auto* degraded = find_condition(group.status.conditions, "Degraded");
  if (degraded == nullptr) return {};
  for (const auto& [reason, message] : causes_of(*degraded)) {
    if (reason == to_string(Reason::kStaleStatus)) return nodes_of_stale_message(message);
    if (reason != to_string(Reason::kSplitOwnership)) return {};  // what members say comes after
  }
  return {};
}

// Claims in the order they are taken to have come: those known, then the new ones; at a start the master of
// the status first. Several new ones at once: by `since`, for want of anything better.
std::vector<const api::MemberStatus*> claiming(const std::optional<GroupClaims>& before,
                                               const api::VRRPGroup& group) {
  std::vector<const api::MemberStatus*> out;
  for (const auto& entry : group.status.members) {
    if (entry.state == api::MemberState::kMaster && is_member(group, entry.node)) out.push_back(&entry);
  }
  const auto rank = [&](const api::MemberStatus* entry) {
    return std::tuple(before || entry->node != group.status.master, entry->since, entry->node);
  };
  std::sort(out.begin(), out.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return out;
}

const Claim* known_claim(const std::optional<GroupClaims>& before, const api::MemberStatus& entry) {
  if (!before) return nullptr;
  const auto found = before->claims.find(entry.node);
  if (found == before->claims.end()) return nullptr;
  const bool same = found->second.instance == entry.instance && found->second.since == entry.since;
  return same ? &found->second : nullptr;
}

GroupClaims observe(const std::optional<GroupClaims>& before, const api::VRRPGroup& group, TimePoint now) {
  GroupClaims out;
  out.split = before && before->split;
  out.count = before ? before->count : 0;
  const std::set<std::string> stale = before ? std::set<std::string>{} : noted_stale(group);
  for (const auto* entry : claiming(before, group)) {
    const Claim* known = known_claim(before, *entry);
    if (known == nullptr) {
      const std::uint64_t order = ++out.count;
      out.claims[entry->node] = {
          entry->instance, entry->since, entry->confirmed, order, order, now, stale.contains(entry->node),
          !before};
      continue;
    }
    Claim claim = *known;
    if (claim.confirmed != entry->confirmed) {
      claim.confirmed = entry->confirmed;
      claim.activity = ++out.count;
      claim.active = now;
      claim.stale = false;
    }
    out.claims[entry->node] = claim;
  }
  return out;
}

// From when on the claim is stale for want of an answer to the other's promotion or confirmation, if it does
// not come.
std::optional<TimePoint> stale_from(const GroupClaims& memory, const Claim& claim, const Claim& other) {
  if (claim.stale || other.stale || other.activity <= claim.activity) return std::nullopt;
  const bool slow = memory.split || claim.at_start || other.at_start;
  return other.active + (slow ? kAnswerWithinSlow : kAnswerWithin) + Microseconds(1);
}

void find_stale(GroupClaims& memory, TimePoint now) {
  for (auto& [node, claim] : memory.claims) {
    for (const auto& [other_node, other] : memory.claims) {
      const auto from = stale_from(memory, claim, other);
      if (from && *from <= now) claim.stale = true;
    }
  }
}

// Those that confirm their claim after a newer promotion, and the newer ones.
std::set<std::string> split_among(const GroupClaims& memory) {
  std::set<std::string> out;
  for (const auto& [node, older_claim] : memory.claims) {
    for (const auto& [other_node, newer] : memory.claims) {
      const bool both_live = !older_claim.stale && !newer.stale;
      if (!both_live || older_claim.order >= newer.order || older_claim.activity < newer.order) continue;
      out.insert({node, other_node});
    }
  }
  return out;
}

// What the Backups hear: the node most of them name, or the sender that none knows.
void listen(const api::VRRPGroup& group, const Senders& node_of_sender, Ruling& out) {
  std::map<std::string, int> votes;
  for (const auto& entry : group.status.members) {
    const bool hears = entry.state == api::MemberState::kBackup && !entry.hears.empty();
    if (!hears || !is_member(group, entry.node)) continue;
    const auto sender = net::parse_address(entry.hears);
    const auto node = sender ? node_of_sender.find(*sender) : node_of_sender.end();
    if (node == node_of_sender.end()) {
      out.unknown_sender = entry.hears;
    } else {
      ++votes[node->second];
    }
  }
  for (const auto& [node, count] : votes) {
    if (out.master.empty() || count > votes.at(out.master)) out.master = node;
  }
  out.nobody = votes.empty() && out.unknown_sender.empty();
}

// Whom a Backup hears is not dead, whatever he has left unanswered: one that stood still, and is Master again
// before anybody asked him.
void revive_heard(Ruling& out) {
  const auto claim = out.memory.claims.find(out.master);
  if (claim == out.memory.claims.end()) return;
  claim->second.stale = false;
  out.stale.erase(out.master);
}

}  // namespace

Ruling rule(const std::optional<GroupClaims>& before, const api::VRRPGroup& group,
            const Senders& node_of_sender, TimePoint now) {
  Ruling out;
  out.memory = observe(before, group, now);
  find_stale(out.memory, now);
  out.split = split_among(out.memory);
  out.memory.split = !out.split.empty();
  std::uint64_t newest = 0;
  for (const auto& [node, claim] : out.memory.claims) {
    if (claim.stale) {
      out.stale.insert(node);
    } else if (claim.order > newest) {
      newest = claim.order;
      out.master = node;
    }
  }
  if (out.master.empty()) {
    listen(group, node_of_sender, out);
    revive_heard(out);
  }
  return out;
}

std::optional<TimePoint> next_end(const GroupClaims& memory, TimePoint now) {
  std::optional<TimePoint> out;
  for (const auto& [node, claim] : memory.claims) {
    for (const auto& [other_node, other] : memory.claims) {
      const auto from = stale_from(memory, claim, other);
      if (from && *from > now && (!out || *from < *out)) out = from;
    }
  }
  return out;
}

std::string stale_message(const std::set<std::string>& nodes) {
  return kStalePrefix + join({nodes.begin(), nodes.end()}, ", ") + kStaleSuffix;
}

std::set<std::string> nodes_of_stale_message(const std::string& message) {
  const auto end = message.find(kStaleSuffix);
  if (!message.starts_with(kStalePrefix) || end == std::string::npos) return {};
  std::set<std::string> out;
  for (const auto& part : split(message.substr(kStalePrefix.size(), end - kStalePrefix.size()), ',')) {
    out.insert(std::string(trim(part)));
  }
  return out;
}

}  // namespace fairlead::controller
