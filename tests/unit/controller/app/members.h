#pragma once

#include <set>
#include <string>

#include "unit/controller/fake_api.h"

// What the nodes make of their groups: who is Master, and what each reports.
namespace fairlead::controller::testing {

inline int priority_in_use(const json& member) {
  api::GroupMember out;
  out.priority = member["priority"];
  out.hand_over = member.value("handOver", false);
  return api::priority_in_use(out);
}

inline std::string master_of(const json& group) {
  for (const auto& entry : group.value("status", json::object()).value("members", json::array())) {
    if (entry["state"] == "Master") return entry["node"];
  }
  return "";
}

// Whoever is Master stays so while he is alive, a member and not told to hand over; else the living member of
// the highest priority is.
inline std::string elected(const json& group, const std::set<std::string>& alive) {
  std::string out;
  int best = 0;
  const std::string present = master_of(group);
  for (const auto& member : group["spec"]["members"]) {
    const std::string node = member["node"];
    if (!alive.contains(node)) continue;
    if (node == present && !member.value("handOver", false)) return node;
    if (priority_in_use(member) > best) out = node;
    best = std::max(best, priority_in_use(member));
  }
  return out;
}

// All groups: the living report, those too that are out and may not have said so. What a node has said stays
// until it says something else.
inline void report(FakeApi& api, const std::set<std::string>& alive) {
  std::vector<FakeApi::Key> groups;
  for (const auto& [key, object] : api.objects()) {
    if (key.first == "VRRPGroup") groups.push_back(key);
  }
  for (const auto& key : groups) {
    json& group = api.at(key);
    const std::string master = elected(group, alive);
    std::set<std::string> members;
    for (const auto& member : group["spec"]["members"]) members.insert(member["node"]);
    json entries = json::array();
    std::set<std::string> speaking;
    for (const auto& node : alive) {
      const bool in = members.contains(node);
      const bool told = group["metadata"].value("labels", json::object()).contains(api::node_label(node));
      if (!in && !told) continue;
      json entry{{"node", node},
                 {"instance", node},
                 {"state", !in              ? "Initialize"
                           : node == master ? "Master"
                                            : "Backup"},
                 {"since", "2026-01-01T00:00:00Z"},
                 {"observedGeneration", group["metadata"]["generation"]},
                 {"programmed", in}};
      if (in && node != master) entry["hears"] = "192.0.2.1";
      entries.push_back(entry);
      speaking.insert(node);
    }
    for (const auto& entry : group.value("status", json::object()).value("members", json::array())) {
      if (!speaking.contains(entry["node"])) entries.push_back(entry);
    }
    group["status"]["members"] = entries;
  }
}

}  // namespace fairlead::controller::testing
