#include "controller/status/last_transition.h"

#include <chrono>

namespace fairlead::controller {
namespace {

const std::string kHeardByBackup = "HeardByBackup";
const std::string kUnknown = "Unknown";
const std::string kMasterDown = "MasterDown";    // a node's word: nobody advertised
const std::string kFirstMaster = "FirstMaster";  // of a VirtualIP that had none: nobody went down

// As the master's entry has it, without from and to.
api::LastTransition told_by(const api::MemberStatus& entry) {
  const auto& said = entry.last_transition;
  if (!said) return {entry.since, "", "", kUnknown, {}};
  return {said->time, "", "", said->reason, said->outage_ms};
}

}  // namespace

std::optional<api::LastTransition> last_transition(const api::VirtualIPStatus& present,
                                                   const GroupSummary& summary, WallTime now) {
  const auto& before = present.last_transition;
  const std::string& master = summary.master;
  if (master.empty()) return before;
  const bool same_master = before && before->to == master;
  const bool held_since = same_master && present.master == master;
  if (summary.master_entry == nullptr && held_since) return before;
  api::LastTransition out;
  if (summary.master_entry != nullptr) {
    out = told_by(*summary.master_entry);
  } else {
    out.time = std::chrono::floor<Seconds>(now);
    out.reason = kHeardByBackup;
  }
  out.to = master;
  if (same_master && before->time == out.time && before->reason != kHeardByBackup) return before;
  out.from = !present.master.empty() ? present.master : before ? before->to : "";
  const bool told =
      same_master && (before->time == out.time || (held_since && before->reason == kHeardByBackup));
  if (told) out.from = before->from;
  if (!out.from.empty() || out.reason != kMasterDown) return out;
  out.reason = kFirstMaster;
  out.outage_ms.reset();  // if there was one, it was before this VirtualIP
  return out;
}

}  // namespace fairlead::controller
