#include "controller/plan/seats.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "controller/plan/priorities.h"

namespace fairlead::controller {
namespace {

std::string uid_of(const Inputs& inputs, const std::string& node) {
  const auto* object = find(inputs.nodes, cluster_key(node));
  return object == nullptr ? "" : object->meta.uid;
}

// Its place among the preferred; their number if it is none.
std::size_t preference(const Table& table, const std::string& node) {
  const auto& preferred = table.demand.preferred_nodes;
  return static_cast<std::size_t>(std::find(preferred.begin(), preferred.end(), node) - preferred.begin());
}

// Eligible nodes without a seat, the best first.
std::vector<std::string> outside(const Inputs& inputs, const Table& table,
                                 const std::set<std::string>& seated) {
  std::vector<std::tuple<std::size_t, std::string, std::string>> order;
  for (const auto& [node, site] : table.candidates.eligible) {
    if (seated.contains(node)) continue;
    order.emplace_back(preference(table, node), api::short_hash(table.group + "/" + uid_of(inputs, node)),
                       node);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> out;
  for (const auto& [place, hash, node] : order) out.push_back(node);
  return out;
}

bool long_missing(const Inputs& inputs, const Table& table, const std::string& node) {
  const auto since = inputs.memory.interface_missing_since.find({table.group, node});
  return since != inputs.memory.interface_missing_since.end() &&
         inputs.now - since->second >= kMissingBeforeReplaced;
}

std::map<std::string, int> staying(const Inputs& inputs, const Table& table) {
  std::map<std::string, int> out;
  for (const auto& member : table.incumbents) {
    if (inputs.nodes.contains(cluster_key(member.node))) out[member.node] = member.priority;
  }
  if (out.empty() && !table.incumbents.empty() && table.candidates.eligible.empty()) {
    out[table.incumbents.front().node] = table.incumbents.front().priority;
  }
  return out;
}

// In the order of the table's rotation; those it does not name keep their place at the end.
void rotate_ranks(const Table& table, std::vector<std::string>& newcomers) {
  const auto place = [&](const std::string& node) {
    return std::find(table.rotation.begin(), table.rotation.end(), node) - table.rotation.begin();
  };
  std::stable_sort(newcomers.begin(), newcomers.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

using Priorities = std::map<std::string, int>;

// The strongest first, as if the preferred were.
std::vector<std::string> ranks(const Table& table, const Priorities& members) {
  std::vector<std::tuple<std::size_t, int, std::string>> order;
  for (const auto& [node, priority] : members) order.emplace_back(preference(table, node), -priority, node);
  std::sort(order.begin(), order.end());
  std::vector<std::string> out;
  for (const auto& [place, negative, node] : order) out.push_back(node);
  return out;
}

// Raises the preferred over the others, if they are not.
void heed_preferred(const Table& table, Priorities& members) {
  const auto wanted = ranks(table, members);
  const bool in_order = std::is_sorted(wanted.begin(), wanted.end(), [&](const auto& a, const auto& b) {
    return members.at(a) > members.at(b);
  });
  if (!in_order) members = priorities({}, wanted, table.skew_interval);
}

std::string interface_of(const Table& table, const std::string& node) {
  const auto site = table.candidates.eligible.find(node);
  if (site != table.candidates.eligible.end()) {
    return site->second.interface == table.interface ? "" : site->second.interface;
  }
  for (const auto& member : table.incumbents) {
    if (member.node == node) return member.interface;
  }
  return "";
}

std::string present_uid(const Inputs& inputs, const Table& table, const std::string& node) {
  const std::string uid = uid_of(inputs, node);
  if (!uid.empty()) return uid;
  for (const auto& member : table.incumbents) {
    if (member.node == node) return member.node_uid;
  }
  return "";
}

}  // namespace

bool interface_missing(const Inputs& inputs, const api::GroupMember& member, const Demand& demand) {
  const auto* report = find(inputs.node_reports, cluster_key(member.node));
  return report != nullptr && !site_of(*report, demand.address, demand.interface).has_value();
}

std::vector<api::GroupMember> seats(const Inputs& inputs, const Table& table) {
  std::map<std::string, int> members = staying(inputs, table);
  std::set<std::string> seated;
  for (const auto& [node, priority] : members) seated.insert(node);
  std::vector<std::string> waiting = outside(inputs, table, seated);
  const auto most = static_cast<std::size_t>(most_members(table.skew_interval));
  std::vector<std::string> newcomers;
  const auto seat_next = [&] {
    newcomers.push_back(waiting.front());
    waiting.erase(waiting.begin());
  };
  while (members.size() + newcomers.size() < most && !waiting.empty()) seat_next();
  for (const auto& member : table.incumbents) {
    if (waiting.empty()) break;
    const bool replace = members.contains(member.node) && long_missing(inputs, table, member.node) &&
                         interface_missing(inputs, member, table.demand);
    if (!replace) continue;
    members.erase(member.node);
    seat_next();
  }
  if (members.empty()) rotate_ranks(table, newcomers);
  Priorities all = priorities(members, newcomers, table.skew_interval);
  if (!table.demand.preferred_nodes.empty()) heed_preferred(table, all);
  std::vector<api::GroupMember> out;
  for (const auto& [node, priority] : all) {
    out.push_back({node, present_uid(inputs, table, node), priority, interface_of(table, node)});
  }
  return out;
}

}  // namespace fairlead::controller
