#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/plan/own_speakers.h"
#include "controller/plan/reason.h"
#include "controller/status/mastership.h"
#include "lib/api/virtual_ip.h"

// What the members of one group report, in sum: the group's master, state and conditions.
namespace fairlead::controller {

enum class Coverage {
  kNobody,  // no member has programmed the group's generation
  kSome,
  kAll,  // every member whose Node is Ready has
};

struct GroupSummary {
  std::string master;
  std::string foreign_master;  // a Backup hears this foreign peer of the group as its master
  api::VipState state = api::VipState::kPending;
  std::optional<Refusal> not_accepted;  // by what it asks for, or by its members
  Coverage coverage = Coverage::kNobody;
  std::vector<std::string> behind;  // nodes that are Ready and have not carried out the group's generation
  bool all_run = false;             // every member whose Node is Ready has carried out some generation
  std::vector<api::Condition> programmed_notes;  // UnsupportedScheduler
  std::vector<api::Condition> degraded;  // each a condition Degraded with its reason; the first is the worst
  std::vector<api::Condition> extra;     // FenceOverlap: a type of its own
  const api::MemberStatus* master_entry = nullptr;  // its claim, if the master itself reports it
};
// `group` must outlive the summary.
GroupSummary summarize_group(const Inputs& inputs, const api::VRRPGroup& group, const OwnSpeakers& own,
                             const Ruling& ruling);

// "the master is 192.0.2.3, a foreign peer", or empty.
std::string foreign_master_message(const GroupSummary& summary);

// The status to write: master, state, conditions; members stay empty. A group that is not accepted and that
// nobody has served so far is Rejected.
api::VRRPGroupStatus group_status(const api::VRRPGroup& group, const GroupSummary& summary, WallTime now);

}  // namespace fairlead::controller
