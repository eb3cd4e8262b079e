#include "node/agent/entries.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "node/agent/manifest_state.h"
#include "node/agent/problem.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kMostProblems = 16;        // of a member entry (VRRPGroup's schema)
constexpr std::size_t kMostReportProblems = 32;  // of a NodeReport
constexpr std::size_t kMostHeard = 255;

std::string text_of(const api::Condition& problem) { return problem.type + ": " + problem.message; }

std::string text_of(const plan::Refused& refused) {
  std::string out = refused.kind + " " + api::to_string(refused.object) + ": ";
  if (refused.ruling != plan::Ruling::kRefuseOlder) {
    return out + "another object of this name, while the one in force may still exist";
  }
  return out +
         "the API server shows an older generation than the one in force: to go back, raise "
         "spec.configEpoch" +
         (refused.kind == "VRRPGroup" ? "" : " of its VRRPGroup") + " above " +
         std::to_string(refused.config_epoch);
}

bool forwards(const std::string& group, const plan::Plan& plan) {
  return std::any_of(plan.virtual_servers.begin(), plan.virtual_servers.end(),
                     [&](const auto& server) { return server.second.group == group; });
}

// True if what runs under this name is the group of a file, not the API server's.
bool runs_from_file(const std::string& group, const plan::Plan& plan) {
  const auto found = plan.groups.find(group);
  return found != plan.groups.end() && plan::is_from_file(found->second.version);
}

// `running`: what runs under this name is what is asked for, so that its reports are of it.
std::vector<api::Condition> problems_of(const std::string& group, bool running, const PlanView& view,
                                        const Reports& reports) {
  std::vector<api::Condition> out;
  const auto report = reports.vrrp.groups.find(group);
  if (running && report != reports.vrrp.groups.end()) out = report->second.problems;
  auto planned = plan_problems(group, view);
  std::move(planned.begin(), planned.end(), std::back_inserter(out));
  if (running && forwards(group, view.plan)) {
    out.insert(out.end(), reports.forwarding.problems.begin(), reports.forwarding.problems.end());
  }
  if (out.size() > kMostProblems) out.resize(kMostProblems);
  for (auto& one : out) one = problem(one.type, one.reason, one.message);
  return out;
}

// True if every address of ours on an interface is one that the plan has.
bool holds_nothing_else(const plan::Plan& plan, const std::set<net::IpAddress>& held) {
  return std::all_of(held.begin(), held.end(), [&](const net::IpAddress& address) {
    return std::any_of(plan.groups.begin(), plan.groups.end(), [&](const auto& group) {
      return group.second.addresses.contains(address) || group.second.excluded.contains(address);
    });
  });
}

// The generation of a group that we run nothing of, once that is so in the kernel too; 0 before.
std::int64_t generation_let_go(const api::ObjectMeta& group, const PlanView& view, const VrrpReport& vrrp) {
  const auto version = view.plan.not_run.find(group.name);
  const bool shown = version != view.plan.not_run.end() && version->second.uid == group.uid;
  const bool done = vrrp.sequence >= view.sequence && holds_nothing_else(view.plan, vrrp.held);
  return shown && done ? version->second.generation : 0;
}

// A problem of the whole node, which each of its groups has (FN-18).
std::optional<std::string> duplicate_node(const VrrpReport& vrrp) {
  for (const auto& [name, group] : vrrp.groups) {
    for (const auto& problem : group.problems) {
      if (problem.type == kDuplicateNode) return text_of(problem);
    }
  }
  return std::nullopt;
}

std::vector<std::string> all_problems(const PlanView& view, const Reports& reports) {
  std::vector<std::string> out;
  if (auto duplicate = duplicate_node(reports.vrrp)) out.push_back(std::move(*duplicate));
  for (const auto& problem : view.problems) out.push_back(plan::to_string(problem));
  for (const auto& refused : view.refused) out.push_back(text_of(refused));
  for (const auto& problem : reports.forwarding.problems) out.push_back(text_of(problem));
  for (const auto& text : view.checkpoint_problems) out.push_back(text);
  if (!view.manifests.folder_problem.empty()) out.push_back("static: " + view.manifests.folder_problem);
  return out;
}

api::StateGroup state_group(const plan::GroupPlan& group, const PlanView& view, const Reports& reports) {
  api::StateGroup out;
  out.name = group.name;
  out.source = plan::is_from_file(group.version) ? "static" : "api";
  out.interface = group.interface;
  out.family = group.family;
  out.virtual_router_id = group.virtual_router_id.value();
  out.priority = group.priority.value();
  const auto report = reports.vrrp.groups.find(group.name);
  if (report != reports.vrrp.groups.end()) {
    out.state = report->second.state;
    out.priority = report->second.priority;
    out.since = report->second.since;
    out.programmed = report->second.programmed;
    out.hears = report->second.hears;
    out.last_transition = report->second.last_transition;
  }
  for (const auto* addresses : {&group.addresses, &group.excluded}) {
    for (const auto& address : *addresses) {
      out.addresses.push_back({address, reports.vrrp.held.contains(address)});
    }
  }
  out.problems = problems_of(group.name, true, view, reports);
  return out;
}

api::StateVirtualServer state_server(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server,
                                     const ForwardingReport& forwarding) {
  api::StateVirtualServer out;
  out.endpoint = {key.address, key.port};
  out.protocol = key.protocol;
  out.group = server.group;
  out.forwarding = server.forwarding;
  out.scheduler = server.scheduler;
  out.programmed = forwarding.programmed.contains(key);
  const auto usable = forwarding.usable_reals.find(key);
  out.usable = usable == forwarding.usable_reals.end() ? 0 : usable->second;
  const auto healths = forwarding.healths.find(key);
  for (const auto& [endpoint, real] : server.reals) {
    api::StateReal shown{endpoint, real.weight};
    if (healths != forwarding.healths.end() && healths->second.contains(endpoint)) {
      const health::RealHealth& health = healths->second.at(endpoint);
      shown.health = std::string(health::to_string(health.verdict));
      shown.error = health.error;
    }
    out.reals.push_back(std::move(shown));
  }
  return out;
}

}  // namespace

std::string_view to_string(PlanOrigin origin) {
  switch (origin) {
    case PlanOrigin::kNone:
      return "None";
    case PlanOrigin::kStatic:
      return "Static";
    case PlanOrigin::kCheckpoint:
      return "Checkpoint";
    case PlanOrigin::kPreviousCheckpoint:
      return "PreviousCheckpoint";
    case PlanOrigin::kApi:
      return "API";
  }
  return "unknown";
}

std::vector<api::Condition> plan_problems(const std::string& group, const PlanView& view) {
  std::vector<api::Condition> out;
  for (const auto& problem : view.problems) {
    if (problem.kind != "VRRPGroup" || problem.object.name != group) continue;
    const std::string type(plan::to_string(problem.refusal));
    out.push_back(agent::problem(type, type, api::to_string({problem.problem})));
  }
  for (const auto& refused : view.refused) {
    if (refused.kind != "VRRPGroup" || refused.object.name != group) continue;
    const std::string type(plan::to_string(refused.ruling));
    out.push_back(problem(type, type, text_of(refused)));
  }
  return out;
}

api::MemberStatus member_entry(const Speaker& speaker, const api::ObjectMeta& group, const PlanView& view,
                               const Reports& reports, std::int64_t confirmed) {
  api::MemberStatus out;
  out.node = speaker.node.name;
  out.group_uid = group.uid;
  out.instance = speaker.instance;
  out.confirmed = confirmed;
  out.problems = problems_of(group.name, !runs_from_file(group.name, view.plan), view, reports);
  const auto report = reports.vrrp.groups.find(group.name);
  if (report == reports.vrrp.groups.end() || report->second.uid != group.uid) {
    out.observed_generation = generation_let_go(group, view, reports.vrrp);
    return out;
  }
  out.state = report->second.state;
  out.since = report->second.since;
  out.observed_generation = report->second.observed_generation;
  out.programmed = report->second.programmed;
  out.hears = report->second.hears;
  out.last_transition = report->second.last_transition;
  return out;
}

api::RealServerSetMember set_entry(const Speaker& speaker, const plan::SetPlan& set, const plan::Plan& plan,
                                   const ForwardingReport& forwarding) {
  api::RealServerSetMember out;
  out.node = speaker.node.name;
  out.observed_generation = set.version.generation;
  int missing = 0;
  for (const auto& part : set.servers) {
    if (!plan.virtual_servers.contains(part.key)) continue;
    const auto usable = forwarding.usable_reals.find(part.key);
    const int up =
        usable == forwarding.usable_reals.end() ? 0 : std::clamp(usable->second - part.before, 0, part.count);
    out.total = std::max(out.total, part.count);
    missing = std::max(missing, part.count - up);
  }
  out.up = out.total - missing;
  return out;
}

api::NodeReport node_report(const Speaker& speaker, const PlanView& view, const Reports& reports) {
  api::NodeReport out;
  out.meta.name = speaker.node.name;
  if (!speaker.node.uid.empty()) {
    out.meta.owner_references.push_back({"v1", "Node", speaker.node.name, speaker.node.uid, false});
  }
  out.spec.instance = speaker.instance;
  out.spec.version = speaker.version;
  out.spec.interfaces = reports.vrrp.interfaces;
  std::sort(out.spec.interfaces.begin(), out.spec.interfaces.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  out.spec.capabilities = reports.forwarding.capabilities;
  out.spec.heard_virtual_routers = reports.vrrp.heard;
  if (out.spec.heard_virtual_routers.size() > kMostHeard) {
    out.spec.heard_virtual_routers.erase(out.spec.heard_virtual_routers.begin() + kMostHeard,
                                         out.spec.heard_virtual_routers.end());
  }
  out.spec.problems = all_problems(view, reports);
  for (const auto& text : file_problems(view.manifests.settled))
    out.spec.problems.push_back("static: " + text);
  if (out.spec.problems.size() > kMostReportProblems) out.spec.problems.resize(kMostReportProblems);
  return out;
}

api::NodeState node_state(const Speaker& speaker, const PlanView& view, const Reports& reports) {
  api::NodeState out;
  out.node = speaker.node.name;
  out.instance = speaker.instance;
  out.version = speaker.version;
  out.plan_source = std::string(to_string(view.origin));
  for (const auto& [name, group] : view.plan.groups) out.groups.push_back(state_group(group, view, reports));
  for (const auto& [key, server] : view.plan.virtual_servers) {
    out.virtual_servers.push_back(state_server(key, server, reports.forwarding));
  }
  out.files = state_files(view.manifests.settled);
  out.problems = all_problems(view, reports);
  return out;
}

}  // namespace fairlead::agent
