#include "controller/plan/doubts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "controller/plan/release.h"

namespace fairlead::controller {
namespace {

using Absences = std::vector<Absence>;
// An address of a group, and the UID of who has it there.
using Owned = std::set<std::pair<net::IpAddress, std::string>>;

void add(const Absences& more, Absences& out) {
  for (const auto& absence : more) {
    if (std::find(out.begin(), out.end(), absence) == out.end()) out.push_back(absence);
  }
}

Owned owned(const api::VRRPGroup* group) {
  Owned out;
  if (group == nullptr) return out;
  for (const auto& address : group->spec.addresses) {
    for (const auto& owner : address.owners) out.insert({address.address, owner.uid});
  }
  return out;
}

// The VirtualIPs that get an address of the group.
std::set<api::ObjectKey> given(const api::VRRPGroup* there, const api::VRRPGroup& wanted) {
  const Owned had = owned(there);
  std::set<api::ObjectKey> out;
  for (const auto& address : wanted.spec.addresses) {
    for (const auto& owner : address.owners) {
      if (!had.contains({address.address, owner.uid})) out.insert({owner.namespace_name, owner.name});
    }
  }
  return out;
}

// Addresses that somebody loses by the group's write, and those whose release ends by it.
std::set<net::IpAddress> freed(const api::VRRPGroup& there, const api::VRRPGroup* wanted) {
  std::set<net::IpAddress> out;
  const Owned kept = owned(wanted);
  for (const auto& one : owned(&there)) {
    if (!kept.contains(one)) out.insert(one.first);
  }
  const auto waits = wanted == nullptr ? std::vector<Release>{} : noted_releases(*wanted);
  for (const auto& release : noted_releases(there)) {
    if (std::find(waits.begin(), waits.end(), release) == waits.end()) out.insert(release.address);
  }
  return out;
}

struct Doubts {
  std::map<api::ObjectKey, Absences> of_virtual_ips;
  std::map<net::IpAddress, Absences> of_addresses;  // for whoever asks for them, and has them not
};

void collect(const Inputs& inputs, const Desired& desired, const Write& write, Doubts& out) {
  if (write.target == Target::kAddressClaim && write.verb != Verb::kApply) {  // else it stays whose it is
    add(write.absences, out.of_addresses[inputs.claims.at(write.key).spec.address]);
  }
  if (write.target != Target::kVRRPGroup) return;
  const auto* there = find(inputs.groups, write.key);
  const auto* wanted = find(desired.groups, write.key);
  if (there != nullptr) {
    for (const auto& address : freed(*there, wanted)) add(write.absences, out.of_addresses[address]);
  }
  if (wanted == nullptr) return;
  for (const auto& virtual_ip : given(there, *wanted)) add(write.absences, out.of_virtual_ips[virtual_ip]);
}

void doubt_askers(const Inputs& inputs, const Desired& desired, Doubts& doubts) {
  if (doubts.of_addresses.empty()) return;
  Owned have;
  for (const auto& [key, group] : inputs.groups) have.merge(owned(&group));
  for (const auto& [key, decision] : desired.decisions) {
    for (const auto& address : decision.asked_for) {
      const auto found = doubts.of_addresses.find(address);
      if (found == doubts.of_addresses.end()) continue;
      if (have.contains({address, inputs.virtual_ips.at(key).meta.uid})) continue;
      add(found->second, doubts.of_virtual_ips[key]);
    }
  }
}

// The VirtualIP of whose address the write tells; none for any other write.
std::optional<api::ObjectKey> told_of(const Desired& desired, const Write& write) {
  if (write.step == Step::kStatus && write.target == Target::kVirtualIP) return write.key;
  if (write.step == Step::kServiceStatus) return write.key;  // its VirtualIP has its name
  if (write.step != Step::kSets && write.step != Step::kMoreSets) return std::nullopt;
  const auto& owners = desired.sets.at(write.key).meta.owner_references;
  if (owners.empty()) return std::nullopt;
  return api::ObjectKey{write.key.namespace_name, owners.front().name};
}

}  // namespace

void doubt_what_is_told(const Inputs& inputs, const Desired& desired, std::vector<Write>& writes) {
  Doubts doubts;
  for (const auto& write : writes) {
    if (!write.absences.empty()) collect(inputs, desired, write, doubts);
  }
  doubt_askers(inputs, desired, doubts);
  if (doubts.of_virtual_ips.empty()) return;
  for (auto& write : writes) {
    const auto virtual_ip = told_of(desired, write);
    if (virtual_ip && doubts.of_virtual_ips.contains(*virtual_ip)) {
      write.absences = doubts.of_virtual_ips.at(*virtual_ip);
    }
  }
}

}  // namespace fairlead::controller
