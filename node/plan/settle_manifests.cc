// Which version of each file is in force.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "node/plan/manifest_claims.h"
#include "node/plan/manifests.h"

namespace fairlead::plan {
namespace {

using Collision = std::pair<ManifestClaim, ManifestClaim>;

// The first of each file, and how many more there are.
std::vector<ManifestProblem> first_of_each(std::vector<ManifestProblem> problems) {
  std::vector<ManifestProblem> out;
  std::map<std::string, std::size_t> found;
  for (auto& problem : problems) {
    if (++found[problem.file] <= kMostTold) out.push_back(std::move(problem));
  }
  for (const auto& [file, count] : found) {
    if (count <= kMostTold) continue;
    out.push_back({file, 0, "", {"", "and " + std::to_string(count - kMostTold) + " problems more"}});
  }
  return out;
}

// Tries the newest version of every file, and takes back those that collide until none does.
class Settling {
 public:
  Settling(const std::string& node, const ManifestFiles& before,
           const std::map<std::string, ReadManifest>& shown)
      : node_(node), before_(before) {
    for (const auto& [name, read] : shown) offer(name, read);
    FilesByName held;
    for (const auto& [name, file] : before) held[name] = &file;
    for (const auto& claim : claims(node, held)) holders_.insert({claim.subject, claim.file});
  }

  SettledManifests run() {
    for (auto found = collisions(node_, chosen_); !found.empty(); found = collisions(node_, chosen_)) {
      take_back_losers(found);
    }
    give_again();
    for (const auto& [name, file] : chosen_) out_.in_force.insert({name, *file});
    return std::move(out_);
  }

 private:
  void offer(const std::string& name, const ReadManifest& read) {
    const auto old = before_.find(name);
    if (read.content) {
      chosen_[name] = &*read.content;
      if (old == before_.end() || !(old->second == *read.content)) newer_.insert(name);
      return;
    }
    out_.refusals.insert(out_.refusals.end(), read.problems.begin(), read.problems.end());
    if (old != before_.end()) chosen_[name] = &old->second;
  }

  // The file of the two that goes without its newest version. What is in force holds together, so that one
  // of them has a newer version to go without.
  const std::string& loser(const Collision& found) const {
    const std::string& later = found.first.file;
    const std::string& earlier = found.second.file;
    const auto holder = holders_.find(found.first.subject);
    const bool later_had_it = holder != holders_.end() && holder->second == later;
    if (later_had_it && newer_.contains(earlier)) return earlier;
    return newer_.contains(later) || !newer_.contains(earlier) ? later : earlier;
  }

  // Of every two that collide, one; but a file that has just gone without its newest version is in nobody's
  // way for now.
  void take_back_losers(const std::vector<Collision>& found) {
    std::map<std::string, std::vector<const Collision*>> of_file;
    for (const auto& collision : found) {
      of_file[collision.first.file].push_back(&collision);
      of_file[collision.second.file].push_back(&collision);
    }
    std::set<std::string> changed;
    for (const auto& collision : found) {
      if (changed.contains(collision.first.file) || changed.contains(collision.second.file)) continue;
      const std::string& name = loser(collision);
      tell(name, of_file.at(name), changed);
      take_back(name);
      changed.insert(name);
    }
  }

  void tell(const std::string& name, const std::vector<const Collision*>& found,
            const std::set<std::string>& changed) {
    for (const Collision* collision : found) {
      const auto& [later, earlier] = *collision;
      const bool is_later = later.file == name;
      if (changed.contains(is_later ? earlier.file : later.file)) continue;
      out_.refusals.push_back(is_later ? refusal(later, earlier) : refusal(earlier, later));
    }
  }

  void take_back(const std::string& name) {
    const auto old = before_.find(name);
    const bool was_newer = newer_.erase(name) > 0;
    if (was_newer) taken_back_.insert({name, chosen_.at(name)});
    if (was_newer && old != before_.end()) {
      chosen_[name] = &old->second;
    } else {
      chosen_.erase(name);
    }
  }

  // What was in the way of a file may have been taken back itself, after it.
  void give_again() {
    std::map<std::string, std::string> had;  // subject -> file, of what is chosen
    for (const auto& claim : claims(node_, chosen_)) had.insert({claim.subject, claim.file});
    for (auto entry = taken_back_.begin(); entry != taken_back_.end();) {
      const std::string name = entry->first;
      const auto wanted = claims(node_, {*entry});
      const bool free = std::all_of(wanted.begin(), wanted.end(), [&](const auto& claim) {
        const auto holder = had.find(claim.subject);
        return holder == had.end() || holder->second == name;
      });
      if (!free) {
        ++entry;
        continue;
      }
      chosen_[name] = entry->second;
      std::erase_if(had, [&](const auto& one) { return one.second == name; });
      for (const auto& claim : wanted) had.insert({claim.subject, name});
      std::erase_if(out_.refusals, [&](const auto& problem) { return problem.file == name; });
      taken_back_.erase(entry);
      entry = taken_back_.begin();  // its older version made room
    }
  }

  const std::string& node_;
  const ManifestFiles& before_;
  FilesByName chosen_;
  FilesByName taken_back_;                      // newest versions
  std::set<std::string> newer_;                 // chosen, and not what was in force before
  std::map<std::string, std::string> holders_;  // subject -> the file that had it before
  SettledManifests out_;
};

// Finds what is in force and does not do what it seems to.
class Remarking {
 public:
  Remarking(const std::string& node, SettledManifests& settled) : node_(node), settled_(settled) {
    for (const auto& [name, file] : settled.in_force) {
      for (const auto& group : file.groups) groups_[group.object.meta.name] = {name, &group};
      for (const auto& set : file.sets) {
        for (const auto& server : set.object.spec.virtual_servers) served_.insert(server.address);
      }
    }
  }

  void run() {
    for (const auto& [name, file] : settled_.in_force) {
      if (file.groups.empty() && file.sets.empty()) {
        settled_.remarks.push_back({name, 0, "", {"", "has no object: nothing is run of it"}});
      }
      for (const auto& group : file.groups) look_at(name, group);
      for (const auto& set : file.sets) look_at(name, set);
    }
  }

 private:
  struct Place {
    std::string file;
    const Written<api::VRRPGroup>* group = nullptr;
  };

  bool lists_us(const api::VRRPGroup& group) const {
    const auto& members = group.spec.members;
    return std::any_of(members.begin(), members.end(),
                       [&](const auto& member) { return member.node == node_; });
  }

  template <class T>
  void remark(const std::string& file, const Written<T>& written, const std::string& kind, std::string path,
              std::string message) {
    const int line = written.lines.line_of(path);
    settled_.remarks.push_back(
        {file, line, kind + " " + written.object.meta.name, {std::move(path), std::move(message)}});
  }

  void look_at(const std::string& file, const Written<api::VRRPGroup>& group) {
    if (!lists_us(group.object)) {
      remark(file, group, "VRRPGroup", "spec.members",
             "none is called " + node_ + " (--node-name): not run here");
      return;
    }
    const auto& addresses = group.object.spec.addresses;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (addresses[i].forwarding == api::Forwarding::kDelegate || served_.contains(addresses[i].address)) {
        continue;
      }
      remark(file, group, "VRRPGroup", "spec.addresses[" + std::to_string(i) + "]",
             net::to_string(addresses[i].address) +
                 " waits for a RealServerSet that names it, and the group with it; without one say "
                 "forwarding: Delegate");
    }
  }

  void look_at(const std::string& file, const Written<api::RealServerSet>& set) {
    const auto& spec = set.object.spec;
    const auto group = groups_.find(spec.group);
    if (group == groups_.end()) {
      remark(file, set, "RealServerSet", "spec.group", "no file has a VRRPGroup " + spec.group);
      return;
    }
    const auto& [where, written] = group->second;
    for (std::size_t i = 0; i < spec.virtual_servers.size(); ++i) {
      const auto& address = spec.virtual_servers[i].address;
      const auto& listed = written->object.spec.addresses;
      const bool known = std::any_of(listed.begin(), listed.end(),
                                     [&](const auto& entry) { return entry.address == address; });
      if (known) continue;
      remark(file, set, "RealServerSet", "spec.virtualServers[" + std::to_string(i) + "].address",
             net::to_string(address) + " is no address of VRRPGroup " + spec.group + " (" + where + ":" +
                 std::to_string(written->lines.line_of("spec.addresses")) + ")");
    }
  }

  const std::string& node_;
  SettledManifests& settled_;
  std::map<std::string, Place> groups_;
  std::set<net::IpAddress> served_;
};

}  // namespace

SettledManifests settle(const std::string& node, const ManifestFiles& before,
                        const std::map<std::string, ReadManifest>& shown) {
  auto out = Settling(node, before, shown).run();
  Remarking(node, out).run();
  out.refusals = first_of_each(std::move(out.refusals));
  out.remarks = first_of_each(std::move(out.remarks));
  return out;
}

}  // namespace fairlead::plan
