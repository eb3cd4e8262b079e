#include "controller/plan/former_members.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "controller/plan/release.h"
#include "lib/api/entry_removal.h"

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

// True if something is awaited of it, by this version of the group.
bool counts(const api::VRRPGroup& group, const std::string& node) {
  return is_member(group, node) || is_awaited(group, node);
}

// Where in a status the entries stand that are to go.
using Places = std::set<std::size_t>;

// What is written already; the removals are added to it.
class Removals {
 public:
  explicit Removals(std::vector<Write>& out) : out_(out) {
    for (const auto& write : out) written_.insert({write.target, write.key});
  }
  void add(Target target, const api::ObjectMeta& meta, const Places& places) {
    const auto key = api::key_of(meta);
    if (places.empty() || written_.contains({target, key})) return;
    out_.push_back({Step::kRemoveEntries,
                    Verb::kRemoveEntries,
                    target,
                    key,
                    meta.resource_version,
                    api::encode_entry_removal(meta.resource_version, places),
                    {},
                    {}});
  }

 private:
  std::vector<Write>& out_;
  std::set<std::pair<Target, api::ObjectKey>> written_;
};

void of_groups(const Inputs& inputs, const Desired& desired, Removals& out) {
  for (const auto& [key, wanted] : desired.groups) {
    const auto* there = find(inputs.groups, key);
    if (inputs.poisoned_groups.contains(key)) continue;  // changes.cc
    if (there == nullptr || there->meta.deleting) continue;
    Places places;
    for (std::size_t i = 0; i < there->status.entries.size(); ++i) {
      const std::string& node = there->status.entries[i];
      if (!counts(*there, node) && !counts(wanted, node)) places.insert(i);
    }
    out.add(Target::kVRRPGroup, there->meta, places);
  }
}

// One whose group is not there says nothing of who is a member.
void of_sets(const Inputs& inputs, const Desired& desired, Removals& out) {
  for (const auto& [key, wanted] : desired.sets) {
    const auto* there = find(inputs.sets, key);
    if (there == nullptr || there->meta.deleting || there->members.empty()) continue;
    const auto group = cluster_key(there->spec.group);
    const auto* is = find(inputs.groups, group);
    const auto* becomes = find(desired.groups, group);
    if (is == nullptr || becomes == nullptr) continue;
    Places places;
    for (std::size_t i = 0; i < there->members.size(); ++i) {
      const std::string& node = there->members[i].node;
      if (!counts(*is, node) && !counts(*becomes, node)) places.insert(i);
    }
    out.add(Target::kRealServerSet, there->meta, places);
  }
}

}  // namespace

void entry_removals(const Inputs& inputs, const Desired& desired, std::vector<Write>& out) {
  Removals removals(out);
  of_groups(inputs, desired, removals);
  of_sets(inputs, desired, removals);
}

}  // namespace fairlead::controller
