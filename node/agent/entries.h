#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/api/node_report.h"
#include "lib/api/node_state.h"
#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"
#include "node/agent/messages.h"
#include "node/plan/holding.h"
#include "node/plan/make_plan.h"
#include "node/plan/manifests.h"
#include "node/plan/plan.h"

// What a node says of itself, computed from what its threads report: pure.
namespace fairlead::agent {

// Who speaks: constant for one run of the daemon.
struct Speaker {
  plan::NodeIdentity node;
  std::string instance;  // random per start
  std::string version;
};

// Where the plan in force came from.
// kStatic: of the node's files alone. With each of the others the files count, too.
enum class PlanOrigin { kNone, kStatic, kCheckpoint, kPreviousCheckpoint, kApi };
std::string_view to_string(PlanOrigin origin);  // "None", "Static", "Checkpoint", "PreviousCheckpoint", "API"

// What the folder of static manifests says.
struct ManifestView {
  plan::SettledManifests settled;
  std::string folder_problem;  // why it cannot be read
};

// What the plan source knows.
struct PlanView {
  plan::Plan plan;
  std::uint64_t sequence = 0;  // of the newest order
  PlanOrigin origin = PlanOrigin::kNone;
  std::vector<plan::PlanProblem> problems;
  std::vector<plan::Refused> refused;
  std::vector<std::string> checkpoint_problems;
  ManifestView manifests;
};

// What the vrrp and forwarding threads said last.
struct Reports {
  VrrpReport vrrp;
  ForwardingReport forwarding;
};

// What the plan has against a group of that name: problems of its newest version, and whether that came too
// early or too late to be carried out.
std::vector<api::Condition> plan_problems(const std::string& group, const PlanView& view);

// Our entry in the status of `group`, of which name and UID count. A group that is not carried out (refused,
// not yet, or another object of that name is) is in Initialize, with generation 0 and the reasons; one that
// we run nothing of says its generation as soon as no interface holds an address that the plan does not have.
// Conditions carry type, reason and message only.
api::MemberStatus member_entry(const Speaker& speaker, const api::ObjectMeta& group, const PlanView& view,
                               const Reports& reports, std::int64_t confirmed);

// Our entry in the status of a RealServerSet. Of a real server that several of its virtual servers share
// one counts: total is the largest number behind one of them, up is total less the most that one lacks. Of a
// virtual server in several slices each counts its own, and what is down counts in the last of them.
api::RealServerSetMember set_entry(const Speaker& speaker, const plan::SetPlan& set, const plan::Plan& plan,
                                   const ForwardingReport& forwarding);

api::NodeReport node_report(const Speaker& speaker, const PlanView& view, const Reports& reports);

api::NodeState node_state(const Speaker& speaker, const PlanView& view, const Reports& reports);

}  // namespace fairlead::agent
