#include "controller/status/notices.h"

#include <algorithm>
#include <set>

#include "controller/status/conditions.h"

namespace fairlead::controller {
namespace {

const std::set<std::string> kToldCauses{"SplitOwnership", "PoolRemoved", "ForeignStatusWriter",
                                        "ConflictWithKubeProxy"};

// The condition of that type if it is now of this status and was not so, with this reason and message,
// before.
const api::Condition* turned(const std::vector<api::Condition>& before,
                             const std::vector<api::Condition>& after, const std::string& type,
                             api::ConditionStatus status) {
  const auto* is = find_condition(after, type);
  if (is == nullptr || is->status != status) return nullptr;
  const auto* was = find_condition(before, type);
  const bool same =
      was != nullptr && was->status == status && was->reason == is->reason && was->message == is->message;
  return same ? nullptr : is;
}

// What degrades it now and did not before, or said something else.
std::vector<std::pair<std::string, std::string>> new_causes(const std::vector<api::Condition>& before,
                                                            const std::vector<api::Condition>& after) {
  const auto of = [](const std::vector<api::Condition>& conditions) {
    const auto* found = find_condition(conditions, "Degraded");
    const bool bad = found != nullptr && found->status == api::ConditionStatus::kTrue;
    return bad ? causes_of(*found) : std::vector<std::pair<std::string, std::string>>{};
  };
  auto out = of(after);
  const auto known = of(before);
  std::erase_if(
      out, [&](const auto& cause) { return std::find(known.begin(), known.end(), cause) != known.end(); });
  return out;
}

std::string transition_note(const api::LastTransition& last) {
  std::string out = "from " + last.from + " to " + last.to + ": " + last.reason;
  // Whoever preempts takes over from a master that lives.
  if (last.outage_ms && last.reason != "Preempted")
    out += ", " + std::to_string(*last.outage_ms) + " ms without a master";
  return out;
}

}  // namespace

std::vector<Notice> virtual_ip_notices(const api::VirtualIP& present, const api::VirtualIPStatus& next) {
  const api::EventSubject subject{"fairlead.dev/v1alpha1", "VirtualIP", present.meta.name,
                                  present.meta.namespace_name, present.meta.uid};
  std::vector<Notice> out;
  const auto add = [&](api::EventType type, const std::string& reason, const std::string& action,
                       const std::string& note) {
    out.push_back({subject, type, reason, action, note});
  };
  const auto& was = present.status;
  using api::ConditionStatus;
  using api::EventType;
  if (const auto* no = turned(was.conditions, next.conditions, "Accepted", ConditionStatus::kFalse)) {
    add(EventType::kWarning, "NotAccepted", "Validate", no->reason + ": " + no->message);
  }
  if (const auto* no = turned(was.conditions, next.conditions, "Allocated", ConditionStatus::kFalse)) {
    add(EventType::kWarning, "AllocationFailed", "Allocate", no->reason + ": " + no->message);
  }
  if (was.address != next.address && !next.address.empty()) {
    add(EventType::kNormal, "IPAllocated", "Allocate", next.address);
  }
  const bool moved = next.last_transition && next.last_transition != was.last_transition;
  if (moved && !next.last_transition->from.empty() &&
      next.last_transition->from != next.last_transition->to) {
    add(EventType::kNormal, "MasterChanged", "Summarize", transition_note(*next.last_transition));
  }
  const bool changed = was.state != next.state;
  if (changed && next.state == api::to_string(api::VipState::kNoMaster)) {
    add(EventType::kWarning, "NoMaster", "Summarize", "no node is Master, the last was " + was.master);
  }
  for (const auto& [reason, message] : new_causes(was.conditions, next.conditions)) {
    if (kToldCauses.contains(reason)) add(EventType::kWarning, reason, "Summarize", message);
  }
  return out;
}

std::vector<Notice> service_notices(const api::Service& present, const ServiceStatus& next) {
  const auto* no = turned(present.conditions, next.conditions, "Accepted", api::ConditionStatus::kFalse);
  if (no == nullptr) return {};
  const std::string reason = no->reason == "NameTaken" ? "NameTaken" : "NotAccepted";
  const std::string note = reason == no->reason ? no->message : no->reason + ": " + no->message;
  return {{{"v1", "Service", present.meta.name, present.meta.namespace_name, present.meta.uid},
           api::EventType::kWarning,
           reason,
           "Translate",
           note}};
}

}  // namespace fairlead::controller
