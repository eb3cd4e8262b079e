#include "node/agent/notices.h"

#include <algorithm>
#include <utility>

namespace fairlead::agent {
namespace {

bool has(const std::vector<api::Condition>& problems, const std::string& type) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const api::Condition& problem) { return problem.type == type; });
}

bool is_worth_an_event(const api::Condition& problem) {
  return problem.type != "FenceOverlap" && problem.type != "LinkUpDelay";
}

void add_transition(const api::EventSubject& subject, const std::string& node, const GroupReport& before,
                    const GroupReport& now, std::vector<api::Notice>& out) {
  if (!now.last_transition || now.last_transition == before.last_transition) return;
  const std::string note = node + ": " + now.last_transition->reason;
  if (now.state == api::MemberState::kMaster) {
    out.push_back({subject, api::EventType::kNormal, "BecameMaster", "Elect", note});
  } else if (now.state == api::MemberState::kBackup && before.state == api::MemberState::kMaster) {
    out.push_back({subject, api::EventType::kNormal, "BecameBackup", "Elect", note});
  }
}

void add_problems(const api::EventSubject& subject, const std::string& node, const GroupReport& before,
                  const GroupReport& now, std::vector<api::Notice>& out) {
  for (const api::Condition& problem : now.problems) {
    if (!is_worth_an_event(problem) || has(before.problems, problem.type)) continue;
    out.push_back(
        {subject, api::EventType::kWarning, problem.type, "Observe", node + ": " + problem.message});
  }
}

}  // namespace

std::vector<api::Notice> notices(const std::string& node, const VrrpReport& before, const VrrpReport& now) {
  static const GroupReport kNever;
  std::vector<api::Notice> out;
  for (const auto& [name, group] : now.groups) {
    if (group.uid == plan::kManifestUid) continue;
    const auto found = before.groups.find(name);
    const bool same = found != before.groups.end() && found->second.uid == group.uid;
    const GroupReport& was = same ? found->second : kNever;
    const api::EventSubject subject{"fairlead.dev/v1alpha1", "VRRPGroup", name, "", group.uid};
    add_transition(subject, node, was, group, out);
    add_problems(subject, node, was, group, out);
  }
  return out;
}

VrrpReport plan_report(const PlanView& view, const std::map<api::ObjectKey, api::VRRPGroup>& groups) {
  VrrpReport out;
  for (const auto& [key, group] : groups) {
    GroupReport report;
    report.uid = group.meta.uid;
    report.problems = plan_problems(key.name, view);
    if (!report.problems.empty()) out.groups.emplace(key.name, std::move(report));
  }
  return out;
}

}  // namespace fairlead::agent
