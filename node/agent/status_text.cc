#include "node/agent/status_text.h"

#include <algorithm>
#include <vector>

namespace fairlead::agent {
namespace {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell, two blanks between them; nothing behind the last one.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

// A row for the first of `cells`, one more below it for each other; in the last column of `row`.
void add_rows(Row row, const std::vector<std::string>& cells, std::vector<Row>& rows) {
  row.push_back(cells.empty() ? "none" : cells.front());
  const std::size_t columns = row.size();
  rows.push_back(std::move(row));
  for (std::size_t i = 1; i < cells.size(); ++i) {
    Row next(columns);
    next.back() = cells[i];
    rows.push_back(std::move(next));
  }
}

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
  if (group.last_transition->outage_ms) {
    out += ", outage " + std::to_string(*group.last_transition->outage_ms) + " ms";
  }
  return out + "\n";
}

std::string group_text(const api::NodeState& state) {
  if (state.groups.empty()) return "No groups.\n";
  std::vector<Row> rows{{"GROUP", "STATE", "PRIO", "INTERFACE", "VRID", "ADDRESS (* held)"}};
  for (const auto& group : state.groups) {
    add_rows({group.name, std::string(api::to_string(group.state)), std::to_string(group.priority),
              group.interface, std::to_string(group.virtual_router_id)},
             addresses(group), rows);
  }
  std::string out = table(rows);
  for (const auto& group : state.groups) {
    const std::string moved = transition(group);
    if (moved.empty() && group.problems.empty() && group.hears.empty()) continue;
    out += group.name + "\n" + moved;
    if (!group.hears.empty()) out += "  hears " + group.hears + "\n";
    for (const auto& problem : group.problems) out += "  ! " + problem.type + ": " + problem.message + "\n";
  }
  return out;
}

std::string server_text(const api::NodeState& state) {
  if (state.virtual_servers.empty()) return "";
  std::vector<Row> rows{{"VIRTUAL SERVER", "SCHEDULER", "UP", "REAL SERVER (weight)"}};
  for (const auto& server : state.virtual_servers) {
    const std::string up = std::to_string(server.usable) + "/" + std::to_string(server.reals.size());
    std::vector<std::string> reals;
    for (const auto& real : server.reals) {
      reals.push_back(net::to_string(real.endpoint) + " (" + std::to_string(real.weight.value()) + ")");
    }
    add_rows({std::string(net::to_string(server.protocol)) + " " + net::to_string(server.endpoint),
              std::string(api::to_string(server.scheduler)), server.programmed ? up : up + " (pending)"},
             reals, rows);
  }
  return "\n" + table(rows);
}

}  // namespace

std::string status_text(const api::NodeState& state) {
  std::string out =
      "Node " + state.node + ", fairlead-node " + state.version + ", plan from: " + state.plan_source + "\n";
  for (const auto& problem : state.problems) out += "! " + problem + "\n";
  return out + "\n" + group_text(state) + server_text(state);
}

}  // namespace fairlead::agent
