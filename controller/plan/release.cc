#include "controller/plan/release.h"

#include <algorithm>

#include "controller/plan/priorities.h"
#include "lib/api/member_entry.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr Milliseconds kExpirySlack{1100};  // the kernel removes an expired address this late at most
constexpr Milliseconds kPatience{10000};
constexpr int kPriorityScale = 256;
constexpr int kStrongestForeign = 254;  // a peer that is not ours may have any priority

bool lists(const api::VRRPGroup& group, const net::IpAddress& address) {
  return std::any_of(group.spec.addresses.begin(), group.spec.addresses.end(),
                     [&](const api::GroupAddress& listed) { return listed.address == address; });
}

bool has_let_go(const Inputs& inputs, const api::VRRPGroup& group, const std::string& node) {
  if (!inputs.nodes.contains(cluster_key(node))) return true;
  const auto* entry = entry_of(group, node);
  return entry != nullptr && entry->observed_generation >= group.meta.generation;
}

Milliseconds active_down_interval(const api::VRRPGroupSpec& spec, int priority) {
  return 3 * spec.advert_interval + (kPriorityScale - priority) * skew_interval(spec) / kPriorityScale;
}

// "ADDRESS UID,UID ADDRESS UID NODE,NODE": one release for each UID. Empty if it cannot be read.
std::vector<Release> parse_part(const std::string& text) {
  const auto words = split(std::string(trim(text)), ' ');
  if (words.size() < 3 || words.size() % 2 == 0 || words.back().empty()) return {};
  const auto names = split(words.back(), ',');
  const std::set<std::string> nodes(names.begin(), names.end());
  std::vector<Release> out;
  for (std::size_t at = 0; at + 2 < words.size(); at += 2) {
    const auto address = net::parse_address(words[at]);
    if (!address || words[at + 1].empty()) return {};
    for (const auto& uid : split(words[at + 1], ',')) out.push_back({*address, std::string(uid), nodes});
  }
  return out;
}

// Releases that wait for the same nodes.
struct Part {
  std::string whose;  // "ADDRESS UID,UID ADDRESS UID"
  net::IpAddress last;
};

void add_to(Part& part, const Release& release) {
  if (!part.whose.empty() && part.last == release.address) {
    part.whose += "," + release.owner_uid;
    return;
  }
  part.whose += (part.whose.empty() ? "" : " ") + net::to_string(release.address) + " " + release.owner_uid;
  part.last = release.address;
}

}  // namespace

std::string to_string(const std::vector<Release>& releases) {
  std::vector<const std::set<std::string>*> order;  // as they come first
  std::map<std::set<std::string>, Part> of_nodes;
  for (const auto& release : releases) {
    const auto [entry, is_new] = of_nodes.insert({release.nodes, {}});
    if (is_new) order.push_back(&entry->first);
    add_to(entry->second, release);
  }
  std::vector<std::string> parts;
  for (const auto* nodes : order) {
    parts.push_back(of_nodes.at(*nodes).whose + " " + join({nodes->begin(), nodes->end()}, ","));
  }
  return join(parts, "; ");
}

std::vector<Release> parse_releases(const std::string& text) {
  std::vector<Release> out;
  for (const auto& part : split(text, ';')) {
    for (auto& release : parse_part(part)) out.push_back(std::move(release));
  }
  return out;
}

std::vector<Release> noted_releases(const api::VRRPGroup& group) {
  const auto note = group.meta.annotations.find(kReleasingAnnotation);
  return note == group.meta.annotations.end() ? std::vector<Release>{} : parse_releases(note->second);
}

ReleaseNotes::ReleaseNotes(const Inputs& inputs) {
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& release : noted_releases(group)) {
      of_addresses[release.address].insert(release.nodes.begin(), release.nodes.end());
      of_owners[release.owner_uid].insert(release.nodes.begin(), release.nodes.end());
    }
  }
}

std::vector<Release> open_releases(const Inputs& inputs, const api::VRRPGroup& group) {
  std::vector<Release> out;
  for (auto& release : noted_releases(group)) {
    if (lists(group, release.address)) continue;
    std::erase_if(release.nodes, [&](const std::string& node) { return has_let_go(inputs, group, node); });
    if (!release.nodes.empty()) out.push_back(std::move(release));
  }
  return out;
}

std::set<std::string> holders(const Inputs& inputs, const api::VRRPGroup& group) {
  std::set<std::string> out;
  api::Labels others = group.meta.labels;
  for (const auto& member : group.spec.members) {
    out.insert(member.node);
    others.erase(api::node_label(member.node));
  }
  if (others.empty()) return out;
  for (const auto& [key, node] : inputs.nodes) {
    const bool labelled = others.contains(api::node_label(key.name));
    if (labelled && !has_let_go(inputs, group, key.name)) out.insert(key.name);
  }
  return out;
}

void let_go(const api::GroupAddress& address, const std::set<std::string>& holders,
            std::vector<Release>& releases) {
  if (holders.empty()) return;
  for (const auto& owner : address.owners) releases.push_back({address.address, owner.uid, holders});
}

bool is_turned_away(const Release& release) { return release.nodes == std::set<std::string>{kNoNode}; }

void turn_away(const net::IpAddress& address, const std::vector<api::AddressOwner>& owners,
               std::vector<Release>& releases) {
  for (const auto& owner : owners) releases.push_back({address, owner.uid, {kNoNode}});
}

bool may_come_back(const api::VRRPGroup& group, const std::vector<Release>& releases,
                   const net::IpAddress& address, const std::vector<api::AddressOwner>& owners) {
  std::set<std::string> members;
  for (const auto& member : group.spec.members) members.insert(member.node);
  return std::all_of(releases.begin(), releases.end(), [&](const Release& release) {
    if (release.address != address) return true;
    const bool theirs = std::any_of(owners.begin(), owners.end(),
                                    [&](const auto& owner) { return owner.uid == release.owner_uid; });
    return theirs &&
           std::includes(members.begin(), members.end(), release.nodes.begin(), release.nodes.end());
  });
}

std::set<std::string> passed_over(const Inputs& inputs, const api::VRRPGroup& group, const Release& release) {
  const auto since = inputs.memory.releasing_since.find({release.owner_uid, release.address});
  const bool late = since != inputs.memory.releasing_since.end() &&
                    inputs.now - since->second >= release_patience(group.spec);
  std::set<std::string> out;
  for (const auto& name : release.nodes) {
    const auto* node = find(inputs.nodes, cluster_key(name));
    const bool silent = node == nullptr || !node->ready;
    if (late || silent || inputs.memory.stale_members.contains({group.meta.name, name})) out.insert(name);
  }
  return out;
}

Microseconds release_patience(const api::VRRPGroupSpec& spec) {
  return fence_lifetime(spec) + kExpirySlack + kPatience;
}

Releasing releasing(const Inputs& inputs) {
  Releasing out;
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& release : open_releases(inputs, group)) {
      const auto passed = passed_over(inputs, group, release);
      out.blocked[release.address].insert(release.nodes.begin(), release.nodes.end());
      out.owners[release.address].insert(release.owner_uid);
      if (passed.size() < release.nodes.size()) out.waiting.insert(release.owner_uid);
      if (!passed.empty()) out.passed[release.owner_uid].insert(passed.begin(), passed.end());
    }
  }
  return out;
}

Seconds fence_lifetime(const api::VRRPGroupSpec& spec) {
  int strongest = spec.foreign_peers.empty() ? 1 : kStrongestForeign;
  int weakest = kStrongestForeign;
  for (const auto& member : spec.members) {
    strongest = std::max(strongest, member.priority);
    weakest = std::min(weakest, member.priority);
  }
  const auto least = std::chrono::floor<Seconds>(spec.advert_interval) + Seconds(1);
  const auto allowed = std::chrono::floor<Seconds>(active_down_interval(spec, strongest) - kExpirySlack);
  const auto most = std::chrono::floor<Seconds>(active_down_interval(spec, weakest));
  return std::max({least, allowed, std::min(spec.fence_lifetime.value_or(least), most)});
}

}  // namespace fairlead::controller
