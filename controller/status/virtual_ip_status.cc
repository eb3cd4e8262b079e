#include "controller/status/virtual_ip_status.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "controller/status/conditions.h"
#include "controller/status/last_transition.h"
#include "controller/status/unjudged.h"

namespace fairlead::controller {
namespace {

using api::VipState;

// The worst state of the groups, by this order.
int badness(VipState state) {
  switch (state) {
    case VipState::kSplit:
      return 5;
    case VipState::kNoMaster:
      return 4;
    case VipState::kPending:
      return 3;
    case VipState::kDegraded:
      return 2;
    case VipState::kRejected:
      return 1;
    case VipState::kReady:
      return 0;
  }
  return 0;
}

const HeldAddress* worst(const Report& report) {
  const HeldAddress* out = nullptr;
  for (const auto& held : report.held) {
    if (out == nullptr || badness(held.summary->state) > badness(out->summary->state)) out = &held;
  }
  return out;
}

struct Reals {
  bool known = false;   // the master has reported
  std::int64_t up = 0;  // of all sets: a node may say of each what an int32 holds
  std::int64_t total = 0;
};

// As the master of each set's group reports them.
Reals reals_of(const Report& report) {
  Reals out;
  for (const auto& held : report.held) {
    const std::string& master = held.summary->master;
    for (const auto* set : report.sets) {
      if (set->spec.group != held.group->meta.name || master.empty()) continue;
      for (const auto& entry : set->members) {
        if (entry.node != master) continue;
        out.known = true;
        out.up += entry.up;
        out.total += entry.total;
      }
    }
  }
  return out;
}

void add_accepted(const Decision& decision, std::vector<api::Condition>& out) {
  const auto& no = decision.not_accepted;
  out.push_back(no ? condition("Accepted", false, no->reason, no->message)
                   : condition("Accepted", true, Reason::kAccepted, ""));
}

void add_allocated(const Report& report, std::vector<api::Condition>& out) {
  const auto& no = report.decision->not_allocated;
  if (no) {
    out.push_back(condition("Allocated", false, no->reason, no->message));
  } else if (!report.held.empty() || report.decision->claimed) {
    out.push_back(condition("Allocated", true, Reason::kAllocated, ""));
  }
}

// It was programmed as it is, and its group has changed since for others only.
bool still_programmed(const Report& report, const api::VirtualIPStatus& next) {
  const auto& present = report.virtual_ip->status;
  const auto* was = find_condition(present.conditions, "Programmed");
  const bool told = was != nullptr && was->status == api::ConditionStatus::kTrue &&
                    was->observed_generation == report.virtual_ip->meta.generation;
  if (!told || present.addresses != next.addresses || present.groups != next.groups) return false;
  return std::all_of(report.held.begin(), report.held.end(),
                     [](const auto& held) { return held.summary->all_run; });
}

api::Condition programmed(const Report& report, const api::VirtualIPStatus& next) {
  if (report.decision->not_placed) {
    const auto& no = *report.decision->not_placed;
    return condition("Programmed", false, no.reason, no.message);
  }
  Coverage coverage = report.held.empty() ? Coverage::kNobody : Coverage::kAll;
  const std::vector<api::Condition>* notes = nullptr;
  for (const auto& held : report.held) {
    coverage = std::min(coverage, held.summary->coverage);
    if (!held.summary->programmed_notes.empty()) notes = &held.summary->programmed_notes;
  }
  if (coverage != Coverage::kAll && !report.held.empty() && still_programmed(report, next))
    coverage = Coverage::kAll;
  if (coverage == Coverage::kNobody) {
    return condition("Programmed", false, Reason::kWaitingForNodes, "no member has reported yet");
  }
  if (coverage == Coverage::kSome) {
    return condition("Programmed", false, Reason::kPartiallyProgrammed,
                     "some members have not reported yet: the VRRPGroup names them");
  }
  return notes != nullptr ? notes->front() : condition("Programmed", true, Reason::kProgrammed, "");
}

// The master of its group may not know of it yet: then nobody serves it. Once it was served the master may be
// behind for others only.
const HeldAddress* unknown_to_its_master(const Report& report, const api::VirtualIPStatus& next) {
  const auto& present = report.virtual_ip->status;
  const auto* was = find_condition(present.conditions, "Ready");
  const bool told = was != nullptr && was->reason != to_string(Reason::kWaitingForNodes);
  if (told && present.addresses == next.addresses && present.groups == next.groups) return nullptr;
  for (const auto& held : report.held) {
    const auto* entry = held.summary->master_entry;
    if (entry == nullptr || entry->observed_generation < held.group->meta.generation) return &held;
  }
  return nullptr;
}

std::string nobody_message(const Report& report, const HeldAddress& held) {
  const std::string nobody = "no node is Master";
  if (report.held.size() == 1) return nobody;
  return nobody + " of " + net::to_string(held.address) + " (VRRPGroup " + held.group->meta.name + ")";
}

api::Condition ready(const Report& report, const HeldAddress* worst_held, const Reals& reals,
                     const api::VirtualIPStatus& next) {
  const Decision& decision = *report.decision;
  if (worst_held == nullptr) {
    for (const auto* no : {&decision.not_accepted, &decision.not_allocated, &decision.not_placed}) {
      if (*no) return condition("Ready", false, (*no)->reason, (*no)->message);
    }
    return condition("Ready", false, Reason::kWaitingForNodes, "waiting for a group");
  }
  if (worst_held->summary->master.empty()) {
    const std::string foreign = foreign_master_message(*worst_held->summary);
    return foreign.empty() ? condition("Ready", false, Reason::kNoMaster, nobody_message(report, *worst_held))
                           : condition("Ready", true, Reason::kServing, foreign);
  }
  if (const auto* held = unknown_to_its_master(report, next)) {
    return condition(
        "Ready", false, Reason::kWaitingForNodes,
        held->summary->master + ", the Master, has not reported " + net::to_string(held->address) + " yet");
  }
  const bool kept = decision.not_accepted || decision.not_allocated;  // its servers are what they were
  const bool none = (!kept && decision.ready_reals == 0) || (reals.known && reals.up == 0);
  if (decision.forwards && none) {
    const std::string& why = decision.backend_problem;
    return condition("Ready", false, Reason::kNoEndpoints, why.empty() ? "no real server is ready" : why);
  }
  return condition("Ready", true, Reason::kServing, "");
}

api::Condition degraded(const Report& report) {
  std::vector<api::Condition> causes;
  std::set<std::string> groups;
  for (const auto& held : report.held) {
    const auto& of_group = held.summary->degraded;
    if (groups.insert(held.group->meta.name).second)
      causes.insert(causes.end(), of_group.begin(), of_group.end());
  }
  if (!report.decision->foreign_writers.empty()) {
    causes.push_back(condition("Degraded", true, Reason::kForeignStatusWriter,
                               "the Service's status is written by " + report.decision->foreign_writers +
                                   ", and ours is not: stop one of them"));
  }
  if (!report.undone.empty()) {
    causes.push_back(
        condition("Degraded", true, Reason::kForeignStatusWriter, undone_message(report.undone)));
  }
  if (!report.denied.empty())
    causes.push_back(condition("Degraded", true, Reason::kWriteRefused, denied_message(report.denied)));
  const Decision& decision = *report.decision;
  for (const auto* no : {&decision.not_accepted, &decision.not_allocated, &decision.not_placed}) {
    if (*no && !report.held.empty())
      causes.push_back(condition("Degraded", true, (*no)->reason, (*no)->message));
  }
  if (!report.unselected.empty())
    causes.push_back(condition("Degraded", true, Reason::kNoEligibleNode, report.unselected));
  if (!report.decision->pool_removed.empty()) {
    causes.push_back(
        condition("Degraded", true, Reason::kPoolRemoved,
                  report.decision->pool_removed + "; the address stays until the VirtualIP changes"));
  }
  if (report.just_begun) keep_unjudged(report.virtual_ip->status.conditions, causes);
  return causes.empty() ? condition("Degraded", false, Reason::kHealthy, "") : joined(causes);
}

VipState state_of(const Report& report, const HeldAddress* worst_held,
                  const std::vector<api::Condition>& conditions) {
  const Decision& decision = *report.decision;
  if (worst_held == nullptr) return decision.not_accepted ? VipState::kRejected : VipState::kPending;
  const VipState of_group = worst_held->summary->state;
  if (of_group != VipState::kReady && of_group != VipState::kDegraded) return of_group;
  const auto* ready = find_condition(conditions, "Ready");
  if (ready->reason == to_string(Reason::kWaitingForNodes)) return VipState::kPending;
  const bool is_ready = ready->status == api::ConditionStatus::kTrue;
  const bool is_degraded = find_condition(conditions, "Degraded")->status == api::ConditionStatus::kTrue;
  const bool refused = decision.not_accepted || decision.not_allocated || decision.not_placed;
  return is_ready && !is_degraded && !refused ? VipState::kReady : VipState::kDegraded;
}

// What it was, but for that it is well.
std::string hidden_state(const api::VirtualIPStatus& present) {
  if (present.state.empty()) return std::string(api::to_string(VipState::kPending));
  const bool well = present.state == api::to_string(VipState::kReady);
  return well ? std::string(api::to_string(VipState::kDegraded)) : present.state;
}

// Of a hidden one: what it is to have no more may be the next one's by now.
void drop_others(const Decision& decision, api::VirtualIPStatus& out) {
  std::erase_if(out.addresses, [&](const std::string& shown) {
    return std::none_of(decision.addresses.begin(), decision.addresses.end(),
                        [&](const auto& address) { return net::to_string(address) == shown; });
  });
  out.address = out.addresses.empty() ? "" : out.addresses.front();
}

void fill_held(const Report& report, api::VirtualIPStatus& out) {
  out.addresses.clear();
  out.groups.clear();
  for (const auto& held : report.held) {
    out.addresses.push_back(net::to_string(held.address));
    if (std::find(out.groups.begin(), out.groups.end(), held.group->meta.name) == out.groups.end()) {
      out.groups.push_back(held.group->meta.name);
    }
  }
  out.address = out.addresses.empty() ? "" : out.addresses.front();
}

// Of the first address.
void fill_master(const Report& report, WallTime now, api::VirtualIPStatus& out) {
  out.master.clear();
  out.last_transition.reset();
  if (report.held.empty()) return;
  const GroupSummary& first = *report.held.front().summary;
  out.last_transition = last_transition(report.virtual_ip->status, first, now);
  out.master = first.master;
}

}  // namespace

bool is_hidden(const Decision& decision) {
  return decision.not_placed && decision.not_placed->reason == Reason::kInvalidSpec;
}

api::VirtualIPStatus virtual_ip_status(const Report& report, WallTime now) {
  const auto& object = *report.virtual_ip;
  api::VirtualIPStatus out = object.status;
  out.observed_generation = object.meta.generation;
  const bool hidden = is_hidden(*report.decision);
  if (hidden) {
    drop_others(*report.decision, out);
  } else {
    fill_held(report, out);
    fill_master(report, now, out);
  }
  const HeldAddress* held = worst(report);
  const Reals reals = reals_of(report);
  if (reals.known) out.reals = std::to_string(reals.up) + "/" + std::to_string(reals.total);
  if ((held == nullptr && !hidden) || !report.decision->forwards) out.reals.clear();
  std::vector<api::Condition> wanted;
  add_accepted(*report.decision, wanted);
  add_allocated(report, wanted);
  const bool holds = !report.held.empty();
  if (holds || (!report.decision->not_accepted && !report.decision->not_allocated))
    wanted.push_back(programmed(report, out));
  wanted.push_back(ready(report, held, reals, out));
  wanted.push_back(degraded(report));
  out.state =
      hidden ? hidden_state(object.status) : std::string(api::to_string(state_of(report, held, wanted)));
  out.conditions = timed(std::move(wanted), object.status.conditions, object.meta.generation, now);
  return out;
}

}  // namespace fairlead::controller
