#include "controller/status/group_status.h"

#include <algorithm>

#include "controller/plan/reason.h"
#include "controller/status/conditions.h"
#include "controller/status/group_acceptance.h"
#include "lib/api/member_entry.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

const std::string kFenceOverlap = "FenceOverlap";

bool is_foreign_peer(const api::VRRPGroup& group, const std::string& address) {
  const auto& peers = group.spec.foreign_peers;
  return std::any_of(peers.begin(), peers.end(),
                     [&](const auto& peer) { return net::to_string(peer.address) == address; });
}

bool node_ready(const Inputs& inputs, const std::string& node) {
  const auto* object = find(inputs.nodes, cluster_key(node));
  return object != nullptr && object->ready;
}

void cover(const Inputs& inputs, const api::VRRPGroup& group, GroupSummary& out) {
  int done = 0;
  out.all_run = true;
  for (const auto& member : group.spec.members) {
    const auto* entry = entry_of(group, member.node);
    const bool runs = entry != nullptr && entry->programmed;
    if (runs && entry->observed_generation >= group.meta.generation) {
      ++done;
    } else if (node_ready(inputs, member.node)) {
      out.behind.push_back(member.node);
      out.all_run = out.all_run && runs;
    }
  }
  out.coverage = done == 0 ? Coverage::kNobody : out.behind.empty() ? Coverage::kAll : Coverage::kSome;
}

void add_degraded(GroupSummary& out, Reason reason, const std::string& message) {
  out.degraded.push_back(condition("Degraded", true, reason, message));
}

// Foreign routers that speak with our VRID where a member of ours sits.
void add_foreign_speakers(const Inputs& inputs, const api::VRRPGroup& group, const OwnSpeakers& own,
                          GroupSummary& out) {
  std::vector<std::string> found;
  for (const auto& member : group.spec.members) {
    const auto* report = find(inputs.node_reports, cluster_key(member.node));
    if (report == nullptr) continue;
    const std::string& interface = member.interface.empty() ? group.spec.interface : member.interface;
    for (const auto& heard : report->spec.heard_virtual_routers) {
      const bool same = heard.interface == interface && heard.family == group.spec.family &&
                        heard.virtual_router_id == group.spec.virtual_router_id;
      if (same && !is_foreign_peer(group, net::to_string(heard.source)) && !own.contains(heard))
        found.push_back(net::to_string(heard.source) + " (heard by " + member.node + ")");
    }
  }
  if (found.empty()) return;
  add_degraded(out, Reason::kVRIDInUse,
               "another router uses virtual router ID " + std::to_string(group.spec.virtual_router_id) +
                   ": " + join(found, ", "));
}

// What members say themselves. FenceOverlap is information, UnsupportedScheduler belongs to Programmed.
void add_member_problems(const api::VRRPGroup& group, GroupSummary& out) {
  for (const auto& member : group.spec.members) {
    const auto* entry = entry_of(group, member.node);
    if (entry == nullptr) continue;
    for (const auto& problem : entry->problems) {
      api::Condition noted = problem;
      noted.status = api::ConditionStatus::kTrue;
      noted.message = member.node + ": " + problem.message;
      if (problem.type == kFenceOverlap) {
        noted.message = problem.message;
        noted.reason = kFenceOverlap;
        if (find_condition(out.extra, kFenceOverlap) == nullptr) out.extra.push_back(noted);
        continue;
      }
      noted.reason = problem.type.empty() || problem.type == "Degraded" ? problem.reason : problem.type;
      const bool scheduler = noted.reason == to_string(Reason::kUnsupportedScheduler);
      noted.type = scheduler ? "Programmed" : "Degraded";
      (scheduler ? out.programmed_notes : out.degraded).push_back(noted);
    }
  }
}

void add_ruling(const Inputs& inputs, const Ruling& ruling, GroupSummary& out) {
  if (!ruling.split.empty()) {
    add_degraded(out, Reason::kSplitOwnership,
                 join({ruling.split.begin(), ruling.split.end()}, " and ") +
                     " both claim to be Master: is the segment cut?");
  }
  if (!ruling.stale.empty()) add_degraded(out, Reason::kStaleStatus, stale_message(ruling.stale));
  if (out.master_entry != nullptr && !node_ready(inputs, out.master)) {
    add_degraded(out, Reason::kStaleStatus, "node " + out.master + ", the master, is not Ready");
  }
  if (ruling.master.empty() && !ruling.unknown_sender.empty() && out.foreign_master.empty()) {
    add_degraded(out, Reason::kVRIDInUse,
                 "a Backup hears " + ruling.unknown_sender + ", which no NodeReport has");
  }
}

bool was_served(const std::string& state) {
  return !state.empty() && state != api::to_string(api::VipState::kPending) &&
         state != api::to_string(api::VipState::kRejected);
}

api::VipState state_of(const api::VRRPGroup& group, const Ruling& ruling, const GroupSummary& summary) {
  if (!ruling.split.empty()) return api::VipState::kSplit;
  if (ruling.nobody)
    return was_served(group.status.state) ? api::VipState::kNoMaster : api::VipState::kPending;
  if (!summary.degraded.empty()) return api::VipState::kDegraded;
  return api::VipState::kReady;
}

api::Condition programmed(const GroupSummary& summary) {
  switch (summary.coverage) {
    case Coverage::kNobody:
      return condition("Programmed", false, Reason::kWaitingForNodes, "no member has reported");
    case Coverage::kSome:
      return condition("Programmed", false, Reason::kPartiallyProgrammed,
                       "not carried out yet by " + join(summary.behind, ", "));
    case Coverage::kAll:
      break;
  }
  if (!summary.programmed_notes.empty()) return summary.programmed_notes.front();
  return condition("Programmed", true, Reason::kProgrammed, "");
}

}  // namespace

GroupSummary summarize_group(const Inputs& inputs, const api::VRRPGroup& group, const OwnSpeakers& own,
                             const Ruling& ruling) {
  GroupSummary out;
  out.master = ruling.master;
  const auto claim = ruling.memory.claims.find(ruling.master);
  if (claim != ruling.memory.claims.end()) out.master_entry = entry_of(group, ruling.master);
  if (ruling.master.empty() && is_foreign_peer(group, ruling.unknown_sender)) {
    out.foreign_master = ruling.unknown_sender;
  }
  cover(inputs, group, out);
  add_ruling(inputs, ruling, out);
  add_foreign_speakers(inputs, group, own, out);
  add_member_problems(group, out);
  out.not_accepted = not_accepted(inputs, group, ruling.stale);
  if (out.not_accepted && out.degraded.empty()) {
    add_degraded(out, out.not_accepted->reason, out.not_accepted->message);
  }
  out.state = state_of(group, ruling, out);
  return out;
}

std::string foreign_master_message(const GroupSummary& summary) {
  return summary.foreign_master.empty() ? "" : "the master is " + summary.foreign_master + ", a foreign peer";
}

api::VRRPGroupStatus group_status(const api::VRRPGroup& group, const GroupSummary& summary, WallTime now) {
  api::VRRPGroupStatus out;
  out.master = summary.master;
  const auto& no = summary.not_accepted;
  const bool rejected = no && summary.state == api::VipState::kPending;
  out.state = api::to_string(rejected ? api::VipState::kRejected : summary.state);
  std::vector<api::Condition> wanted;
  wanted.push_back(no ? condition("Accepted", false, no->reason, no->message)
                      : condition("Accepted", true, Reason::kAccepted, ""));
  wanted.push_back(programmed(summary));
  const bool served = !summary.master.empty() || !summary.foreign_master.empty();
  wanted.push_back(condition("Ready", served, served ? Reason::kServing : Reason::kNoMaster,
                             summary.master.empty() ? foreign_master_message(summary) : ""));
  wanted.push_back(summary.degraded.empty() ? condition("Degraded", false, Reason::kHealthy, "")
                                            : joined(summary.degraded));
  wanted.insert(wanted.end(), summary.extra.begin(), summary.extra.end());
  out.conditions = timed(std::move(wanted), group.status.conditions, group.meta.generation, now);
  return out;
}

}  // namespace fairlead::controller
