#include "controller/status/notices.h"

#include <algorithm>
#include <string>
#include <utility>

#include "controller/plan/event_reason.h"
#include "controller/status/conditions.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

// Of what degrades a VirtualIP, what an Event tells of.
constexpr EventReason kToldCauses[] = {EventReason::kSplitOwnership, EventReason::kPoolRemoved,
                                       EventReason::kForeignStatusWriter,
                                       EventReason::kConflictWithKubeProxy};

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

// The Events about one object, in the order in which they are added.
class Telling {
 public:
  explicit Telling(api::EventSubject subject) : subject_(std::move(subject)) {}
  void good(EventReason reason, const std::string& action, const std::string& note) {
    out_.push_back({subject_, api::EventType::kNormal, std::string(to_string(reason)), action, note});
  }
  void bad(EventReason reason, const std::string& action, const std::string& note) {
    out_.push_back({subject_, api::EventType::kWarning, std::string(to_string(reason)), action, note});
  }
  std::vector<Notice> take() { return std::move(out_); }

 private:
  api::EventSubject subject_;
  std::vector<Notice> out_;
};

std::string reason_and_message(const api::Condition& no) { return no.reason + ": " + no.message; }

void tell_refusals(const api::VirtualIPStatus& was, const api::VirtualIPStatus& next, Telling& out) {
  if (const auto* no = turned(was.conditions, next.conditions, "Accepted", api::ConditionStatus::kFalse)) {
    out.bad(EventReason::kNotAccepted, "Validate", reason_and_message(*no));
  }
  if (const auto* no = turned(was.conditions, next.conditions, "Allocated", api::ConditionStatus::kFalse)) {
    out.bad(EventReason::kAllocationFailed, "Allocate", reason_and_message(*no));
  }
  const auto* no = turned(was.conditions, next.conditions, "Programmed", api::ConditionStatus::kFalse);
  if (no != nullptr && no->reason == to_string(Reason::kNoEligibleNode))
    out.bad(EventReason::kNotAccepted, "Place", reason_and_message(*no));
}

void tell_addresses(const api::VirtualIPStatus& was, const api::VirtualIPStatus& next, Telling& out) {
  std::vector<std::string> added = next.addresses;
  std::erase_if(added, [&](const auto& address) {
    return std::find(was.addresses.begin(), was.addresses.end(), address) != was.addresses.end();
  });
  if (!added.empty()) out.good(EventReason::kIPAllocated, "Allocate", join(added, ", "));
}

// The Backups' word of a new master was told, and now comes the master's own, with the reason.
bool is_told(const api::VirtualIPStatus& was, const api::LastTransition& next) {
  const auto& last = was.last_transition;
  return last && last->reason == "HeardByBackup" && last->from == next.from && last->to == next.to &&
         was.master == next.to;
}

void tell_master(const api::VirtualIPStatus& was, const api::VirtualIPStatus& next, Telling& out) {
  const bool moved = next.last_transition && next.last_transition != was.last_transition &&
                     !is_told(was, *next.last_transition);
  if (moved && !next.last_transition->from.empty() &&
      next.last_transition->from != next.last_transition->to) {
    out.good(EventReason::kMasterChanged, "Summarize", transition_note(*next.last_transition));
  }
  const bool lost = was.state != next.state && next.state == api::to_string(api::VipState::kNoMaster);
  if (!lost) return;
  const std::string last = next.last_transition ? ", the last was " + next.last_transition->to : "";
  out.bad(EventReason::kNoMaster, "Summarize", "no node is Master" + last);
}

const std::string* reason_of_ready(const api::VirtualIPStatus& status) {
  const auto* found = find_condition(status.conditions, "Ready");
  return found == nullptr ? nullptr : &found->reason;
}

// onNoEndpoints: Withdraw (FC-17). It is back as soon as it waits for nothing but nodes.
void tell_withdrawal(const api::VirtualIPStatus& was, const api::VirtualIPStatus& next, Telling& out) {
  const auto* before = reason_of_ready(was);
  const auto* now = reason_of_ready(next);
  const bool was_out = before != nullptr && *before == to_string(Reason::kWithdrawn);
  const bool is_out = now != nullptr && *now == to_string(Reason::kWithdrawn);
  if (is_out && !was_out)
    out.bad(EventReason::kWithdrawn, "Summarize", find_condition(next.conditions, "Ready")->message);
  if (!was_out || is_out || now == nullptr) return;
  for (const auto reason : {Reason::kWaitingForNodes, Reason::kNoMaster, Reason::kServing}) {
    if (*now == to_string(reason))
      out.good(EventReason::kReturned, "Summarize", "nodes hold its address again");
  }
}

void tell_causes(const std::vector<api::Condition>& before, const std::vector<api::Condition>& after,
                 Telling& out) {
  for (const auto& [cause, message] : new_causes(before, after)) {
    for (const auto reason : kToldCauses) {
      if (to_string(reason) == cause) out.bad(reason, "Summarize", message);
    }
  }
}

bool is_denied(const std::vector<api::Condition>& conditions, const std::string& type) {
  const auto* found = find_condition(conditions, type);
  if (found == nullptr) return false;
  const auto causes = causes_of(*found);
  return std::any_of(causes.begin(), causes.end(),
                     [](const auto& cause) { return cause.first == to_string(EventReason::kWriteRefused); });
}

// Once, whatever words the API server finds for it, and for how many objects.
void tell_denied(const std::vector<api::Condition>& before, const std::vector<api::Condition>& after,
                 Telling& out) {
  if (is_denied(before, "Degraded") || !is_denied(after, "Degraded")) return;
  for (const auto& [cause, message] : causes_of(*find_condition(after, "Degraded"))) {
    if (cause == to_string(EventReason::kWriteRefused))
      return out.bad(EventReason::kWriteRefused, "Write", message);
  }
}

// Of a Service's condition Accepted: what its VirtualIP says under Allocated is told under the same name.
EventReason event_of(const std::string& refusal) {
  for (const auto reason :
       {Reason::kAddressInUse, Reason::kPoolExhausted, Reason::kVirtualRouterIDsExhausted}) {
    if (to_string(reason) == refusal) return EventReason::kAllocationFailed;
  }
  if (refusal == to_string(Reason::kWriteRefused)) return EventReason::kWriteRefused;
  return refusal == to_string(Reason::kNameTaken) ? EventReason::kNameTaken : EventReason::kNotAccepted;
}

}  // namespace

std::vector<Notice> virtual_ip_notices(const api::VirtualIP& present, const api::VirtualIPStatus& next) {
  const api::EventSubject subject{"fairlead.dev/v1alpha1", "VirtualIP", present.meta.name,
                                  present.meta.namespace_name, present.meta.uid};
  Telling refusals(subject);
  tell_refusals(present.status, next, refusals);
  tell_denied(present.status.conditions, next.conditions, refusals);
  Telling news(subject);
  tell_addresses(present.status, next, news);
  tell_master(present.status, next, news);
  tell_withdrawal(present.status, next, news);
  tell_causes(present.status.conditions, next.conditions, news);
  std::vector<Notice> out = news.take();
  tell_service_too(present.meta, out);
  const auto first = refusals.take();  // a Service has them from its own condition
  out.insert(out.begin(), first.begin(), first.end());
  return out;
}

std::vector<Notice> pool_notices(const api::AddressPool& present, const api::AddressPoolStatus& next) {
  Telling out({"fairlead.dev/v1alpha1", "AddressPool", present.meta.name, "", present.meta.uid});
  const auto* no =
      turned(present.status.conditions, next.conditions, "Accepted", api::ConditionStatus::kFalse);
  if (no != nullptr) out.bad(EventReason::kNotAccepted, "Validate", reason_and_message(*no));
  tell_causes(present.status.conditions, next.conditions, out);
  return out.take();
}

std::vector<Notice> service_notices(const api::Service& present, const ServiceStatus& next) {
  const auto* no = turned(present.conditions, next.conditions, "Accepted", api::ConditionStatus::kFalse);
  if (no == nullptr) return {};
  const EventReason reason = event_of(no->reason);
  const bool denied = reason == EventReason::kWriteRefused;
  if (denied && is_denied(present.conditions, "Accepted")) return {};
  Telling out({"v1", "Service", present.meta.name, present.meta.namespace_name, present.meta.uid});
  const bool says_all = denied || reason == EventReason::kNameTaken;
  out.bad(reason, denied ? "Write" : "Translate", says_all ? no->message : reason_and_message(*no));
  return out.take();
}

}  // namespace fairlead::controller
