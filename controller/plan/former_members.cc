#include "controller/plan/former_members.h"

#include <algorithm>
#include <set>
#include <string>

#include "controller/plan/release.h"

namespace fairlead::controller {
namespace {

bool is_member(const api::VRRPGroup& group, const std::string& node) {
  const auto& members = group.spec.members;
  return group.meta.labels.contains(api::node_label(node)) ||
         std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.node == node; });
}

bool is_awaited(const api::VRRPGroup& group, const std::string& node) {
  const auto notes = noted_releases(group);
  return std::any_of(notes.begin(), notes.end(),
                     [&](const Release& release) { return release.nodes.contains(node); });
}

bool is_written(const std::vector<Write>& writes, const api::ObjectKey& group) {
  return std::any_of(writes.begin(), writes.end(), [&](const Write& write) {
    return write.target == Target::kVRRPGroup && write.key == group;
  });
}

}  // namespace

void entry_removals(const Inputs& inputs, const Desired& desired, std::vector<Write>& out) {
  for (const auto& [key, wanted] : desired.groups) {
    const auto* there = find(inputs.groups, key);
    if (there == nullptr || there->meta.deleting) continue;
    std::set<std::size_t> places;
    for (std::size_t i = 0; i < there->status.entries.size(); ++i) {
      const std::string& node = there->status.entries[i];
      if (is_member(*there, node) || is_member(wanted, node)) continue;
      if (!is_awaited(*there, node) && !is_awaited(wanted, node)) places.insert(i);
    }
    if (places.empty() || is_written(out, key)) continue;
    out.push_back({Step::kRemoveEntries,
                   Verb::kRemoveEntries,
                   Target::kVRRPGroup,
                   key,
                   there->meta.resource_version,
                   api::encode_entry_removal(*there, places),
                   {},
                   {}});
  }
}

}  // namespace fairlead::controller
