#include "node/agent/status_text.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "node/agent/text_table.h"

namespace fairlead::agent {
namespace {

// "! what is wrong". What a file says, its name too, may hold anything.
std::string complaint(const std::string& problem) { return "! " + printable(problem) + "\n"; }

std::vector<std::string> addresses(const api::StateGroup& group) {
  std::vector<std::string> out;
  for (const auto& address : group.addresses) {
    out.push_back(net::to_string(address.address) + (address.held ? "*" : ""));
  }
  return out;
}

std::string transition(const api::StateGroup& group) {
  if (!group.last_transition) return "";
  std::string out =
      "  since " + to_rfc3339(group.last_transition->time) + " " + group.last_transition->reason;
  // Nobody was without a master when it was preempted.
  if (group.last_transition->outage_ms && group.last_transition->reason != "Preempted") {
    out += ", outage " + std::to_string(*group.last_transition->outage_ms) + " ms";
  }
  return out + "\n";
}

// Whether it must be said of each group where it comes from.
bool comes_from_both(const api::NodeState& state) {
  return !state.files.empty() && state.plan_source != "Static";
}

std::string group_text(const api::NodeState& state) {
  if (state.groups.empty()) return "No groups.\n";
  std::vector<std::string> headings{"GROUP", "STATE", "PRIO", "INTERFACE", "VRID"};
  const bool both = comes_from_both(state);
  if (both) headings.emplace_back("FROM");
  headings.emplace_back("ADDRESS (* held)");
  std::vector<TableRow> rows;
  for (const auto& group : state.groups) {
    TableRow row{{group.name, std::string(api::to_string(group.state)), std::to_string(group.priority),
                  group.interface, std::to_string(group.virtual_router_id)},
                 addresses(group)};
    if (both) row.cells.push_back(group.source);
    rows.push_back(std::move(row));
  }
  std::string out = table(headings, rows);
  for (const auto& group : state.groups) {
    const std::string moved = transition(group);
    if (moved.empty() && group.problems.empty() && group.hears.empty()) continue;
    out += printable(group.name) + "\n" + moved;
    if (!group.hears.empty()) out += "  hears " + printable(group.hears) + "\n";
    for (const auto& problem : group.problems) out += "  " + complaint(problem.type + ": " + problem.message);
  }
  return out;
}

// "10.0.0.1:80 (1)", and what its checks say: "10.0.0.1:80 (1) Down".
std::string real_text(const api::StateReal& real) {
  const std::string text = net::to_string(real.endpoint) + " (" + std::to_string(real.weight.value()) + ")";
  return real.health.empty() ? text : text + " " + real.health;
}

// A line for each real server with an error, once however many virtual servers it serves.
std::string health_text(const api::NodeState& state) {
  std::set<std::string> lines;
  for (const auto& server : state.virtual_servers) {
    for (const auto& real : server.reals) {
      if (!real.error.empty())
        lines.insert("  " + complaint(net::to_string(real.endpoint) + ": " + real.error));
    }
  }
  std::string out;
  for (const auto& line : lines) out += line;
  return out;
}

std::string server_text(const api::NodeState& state) {
  if (state.virtual_servers.empty()) return "";
  std::vector<TableRow> rows;
  for (const auto& server : state.virtual_servers) {
    const std::string up = std::to_string(server.usable) + "/" + std::to_string(server.reals.size());
    std::vector<std::string> reals;
    for (const auto& real : server.reals) reals.push_back(real_text(real));
    rows.push_back(
        {{std::string(net::to_string(server.protocol)) + " " + net::to_string(server.endpoint),
          std::string(api::to_string(server.scheduler)), server.programmed ? up : up + " (pending)"},
         std::move(reals)});
  }
  return "\n" + table({"VIRTUAL SERVER", "SCHEDULER", "UP", "REAL SERVER (weight)"}, rows) +
         health_text(state);
}

std::string file_text(const api::NodeState& state) {
  if (state.files.empty()) return "";
  std::vector<TableRow> rows;
  for (const auto& file : state.files) {
    rows.push_back(
        {{file.name, file.state, std::to_string(file.groups)}, {std::to_string(file.server_sets)}});
  }
  std::string out = "\n" + table({"FILE", "STATE", "GROUPS", "SERVER SETS"}, rows);
  for (const auto& file : state.files) {
    for (const auto& problem : file.problems) out += complaint(problem);
  }
  return out;
}

}  // namespace

std::string status_text(const api::NodeState& state) {
  std::string out = "Node " + printable(state.node) + ", fairlead-node " + printable(state.version) +
                    ", plan from: " + printable(state.plan_source) + "\n";
  for (const auto& problem : state.problems) out += complaint(problem);
  return wrapped(out + "\n" + group_text(state) + server_text(state) + file_text(state));
}

}  // namespace fairlead::agent
