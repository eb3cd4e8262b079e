#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/status/conditions.h"
#include "controller/status/virtual_ip_status.h"
#include "unit/controller/builders.h"

// What the tests of a status look at.
namespace fairlead::controller::testing {

inline const WallTime kNow = WallTime(Seconds(5000)) + Milliseconds(700);

// A VirtualIP in one group, seen through the whole path from entries to status.
struct Scene {
  Inputs inputs = three_nodes();
  api::VirtualIP object = vip("web", "192.0.2.100");
  api::VRRPGroup group =
      testing::group({"g", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}});
  Decision decision;
  std::vector<api::RealServerSet> sets;
  GroupClaims claims = rule(std::nullopt, testing::group({}), {}, TimePoint{}).memory;

  Scene() {
    decision.ready_reals = 2;
    group.status.members = {entry("node-a", api::MemberState::kMaster),
                            entry("node-b", api::MemberState::kBackup),
                            entry("node-c", api::MemberState::kBackup)};
  }
  api::MemberStatus& member(std::size_t i) { return group.status.members[i]; }
  GroupSummary summary() {
    return summarize_group(inputs, group, OwnSpeakers(inputs),
                           rule(claims, group, senders(inputs.node_reports), inputs.now));
  }
  api::VirtualIPStatus status() {
    const GroupSummary summed = summary();
    Report report{&object, &decision, {{ip("192.0.2.100"), &group, &summed}}, {}};
    for (const auto& set : sets) report.sets.push_back(&set);
    return virtual_ip_status(report, kNow);
  }
  // The same with nothing held.
  api::VirtualIPStatus empty_handed() { return virtual_ip_status({&object, &decision, {}, {}}, kNow); }
};

inline std::string reason(const api::VirtualIPStatus& status, const std::string& type) {
  const auto* condition = find_condition(status.conditions, type);
  return condition == nullptr ? "" : condition->reason;
}
inline bool is(const api::VirtualIPStatus& status, const std::string& type, bool wanted) {
  const auto* condition = find_condition(status.conditions, type);
  return condition != nullptr && (condition->status == api::ConditionStatus::kTrue) == wanted;
}

}  // namespace fairlead::controller::testing
