#include "controller/status/summary.h"

#include <algorithm>
#include <unordered_map>

#include "controller/plan/eligible.h"
#include "controller/plan/holdings.h"
#include "controller/plan/newest.h"
#include "controller/plan/pools.h"
#include "controller/plan/translate.h"
#include "controller/status/conditions.h"
#include "controller/status/denials.h"
#include "controller/status/given_up.h"
#include "controller/status/group_acceptance.h"
#include "controller/status/group_status.h"
#include "controller/status/notices.h"
#include "controller/status/pool_status.h"
#include "controller/status/service_status.h"
#include "controller/status/unjudged.h"
#include "controller/status/unselected.h"
#include "controller/status/virtual_ip_status.h"

namespace fairlead::controller {
namespace {

using Summaries = std::map<std::string, GroupSummary>;

// FC-04.
void note_undone(const Inputs& inputs, const api::VRRPGroup& group, GroupSummary& summary) {
  const auto found = inputs.memory.fought.find({"vrrpgroups", cluster_key(group.meta.name)});
  if (found == inputs.memory.fought.end()) return;
  const Undone undone{"VRRPGroup " + group.meta.name, found->second};
  summary.degraded.push_back(
      condition("Degraded", true, Reason::kForeignStatusWriter, undone_message({undone})));
  if (summary.state == api::VipState::kReady) summary.state = api::VipState::kDegraded;
}

// FC-18.
void note_denied(const Inputs& inputs, const api::VRRPGroup& group, GroupSummary& summary) {
  const auto found = inputs.memory.refused.find({"vrrpgroups", cluster_key(group.meta.name), false});
  if (found == inputs.memory.refused.end()) return;
  summary.degraded.push_back(condition("Degraded", true, Reason::kWriteRefused,
                                       denied_message({{"VRRPGroup " + group.meta.name, found->second}})));
  if (summary.state == api::VipState::kReady) summary.state = api::VipState::kDegraded;
}

// FC-09: a version before is in force, and nothing is written of it (changes.h).
void note_unreadable(const Inputs& inputs, const api::VRRPGroup& group, GroupSummary& summary) {
  const auto* poisoned = find(inputs.poisoned_groups, api::key_of(group.meta));
  if (poisoned == nullptr) return;
  summary.degraded.push_back(condition("Degraded", true, Reason::kInvalidSpec,
                                       "VRRPGroup " + group.meta.name +
                                           " cannot be read any more, and stays as it is until it can be: " +
                                           api::to_string(poisoned->problems)));
  if (summary.state == api::VipState::kReady) summary.state = api::VipState::kDegraded;
}

// What is not known again yet of what the group says (unjudged.h).
void note_unjudged(const Inputs& inputs, const api::VRRPGroup& group, GroupSummary& summary) {
  if (!has_just_begun(inputs) || !keep_unjudged(group.status.conditions, summary.degraded)) return;
  if (summary.state == api::VipState::kReady) summary.state = api::VipState::kDegraded;
}

std::vector<Undone> undone_of(const Inputs& inputs, const api::ObjectKey& virtual_ip, const Report& report) {
  std::vector<Undone> out;
  const auto add = [&](const std::string& plural, const api::ObjectKey& key, const std::string& name) {
    const auto found = inputs.memory.fought.find({plural, key});
    if (found != inputs.memory.fought.end()) out.push_back({name, found->second});
  };
  if (inputs.memory.fought.empty()) return out;
  add("virtualips", virtual_ip, "this VirtualIP");
  for (const auto& held : report.held) {
    const std::string claim = api::address_claim_name(held.address);
    add("addressclaims", cluster_key(claim), "AddressClaim " + claim);
  }
  for (const auto* set : report.sets) {
    const auto key = api::key_of(set->meta);
    add("realserversets", key, "RealServerSet " + api::to_string(key));
  }
  return out;
}

Summaries summarize_groups(const Inputs& inputs, const ClaimsMemory& before, WallTime wall_now,
                           Summary& out) {
  Summaries summaries;
  const OwnSpeakers own(inputs);
  const auto held = holdings(inputs);
  for (const auto& [key, group] : inputs.groups) {
    const auto known = before.find(key.name);
    const auto memory = known == before.end() ? std::nullopt : std::optional(known->second);
    const Ruling ruling = rule(memory, group, own.node_of(), inputs.now);
    for (const auto& node : ruling.stale) out.stale_members.insert({key.name, node});
    const auto end = next_end(ruling.memory, inputs.now);
    if (end && (!out.claims_end || *end < *out.claims_end)) out.claims_end = end;
    out.memory.insert({key.name, ruling.memory});
    auto& summary = summaries.insert({key.name, summarize_group(inputs, group, own, ruling)}).first->second;
    note_taken(held, group, summary);
    note_undone(inputs, group, summary);
    note_denied(inputs, group, summary);
    note_unreadable(inputs, group, summary);
    note_unjudged(inputs, group, summary);
    if (!group.meta.deleting) out.statuses.groups.insert({key, group_status(group, summary, wall_now)});
  }
  return summaries;
}

// UID of a VirtualIP -> the addresses it holds.
std::unordered_map<std::string, std::vector<HeldAddress>> held_by_uid(const Inputs& inputs,
                                                                      const Summaries& summaries) {
  std::unordered_map<std::string, std::vector<HeldAddress>> out;
  for (const auto& [key, group] : inputs.groups) {
    for (const auto& address : group.spec.addresses) {
      for (const auto& owner : owners_in(inputs, group, address)) {
        out[owner.uid].push_back({address.address, &group, &summaries.at(key.name)});
      }
    }
  }
  for (auto& [uid, held] : out) {
    std::sort(held.begin(), held.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
  }
  return out;
}

std::unordered_map<std::string, std::vector<const api::RealServerSet*>> sets_by_uid(const Inputs& inputs) {
  std::unordered_map<std::string, std::vector<const api::RealServerSet*>> out;
  for (const auto& [key, set] : inputs.sets) {
    for (const auto& owner : set.meta.owner_references) out[owner.uid].push_back(&set);
  }
  return out;
}

// Of VirtualIPs of which no version could ever be read (FC-09). They keep what they have.
std::map<api::ObjectKey, Decision> unread_decisions(const Inputs& inputs) {
  std::map<api::ObjectKey, Decision> out;
  for (const auto& [key, poisoned] : inputs.poisoned_virtual_ips) {
    if (!poisoned.meta.deleting && !inputs.virtual_ips.contains(key))
      out[key].not_accepted = unreadable(poisoned);
  }
  return out;
}

// What VirtualIPs are summarized from.
struct Known {
  const Inputs& inputs;
  const Desired& desired;
  const Summaries& summaries;
  const Denials& denials;
};

void summarize_virtual_ips(const Known& known, WallTime wall_now, Statuses& out) {
  const Inputs& inputs = known.inputs;
  const auto held = held_by_uid(inputs, known.summaries);
  const auto sets = sets_by_uid(inputs);
  Unselected unselected(inputs);
  const auto summarize_one = [&](const api::ObjectKey& key, const Decision& decision) {
    const auto* object = newest(inputs.virtual_ips, inputs.poisoned_virtual_ips, key);
    if (object == nullptr) return;
    Report report{object, &decision, {}, {}};
    if (const auto found = held.find(object->meta.uid); found != held.end()) report.held = found->second;
    if (const auto found = sets.find(object->meta.uid); found != sets.end()) report.sets = found->second;
    report.undone = undone_of(inputs, key, report);
    report.denied = known.denials.of(object->meta.uid);
    report.just_begun = has_just_begun(inputs);
    for (const auto& one : report.held) {
      if (report.unselected.empty()) report.unselected = unselected.why(*object, one.address);
    }
    auto status = virtual_ip_status(report, wall_now);
    out.virtual_ip_notices.emplace_hint(out.virtual_ip_notices.end(), key,
                                        virtual_ip_notices(*object, status));
    out.virtual_ips.emplace_hint(out.virtual_ips.end(), key, std::move(status));
  };
  for (const auto& [key, decision] : known.desired.decisions) summarize_one(key, decision);
  for (const auto& [key, decision] : unread_decisions(inputs)) summarize_one(key, decision);
}

}  // namespace

Summary summarize(const Inputs& inputs, const Desired& desired, const ClaimsMemory& before,
                  WallTime wall_now) {
  Summary out;
  const Summaries summaries = summarize_groups(inputs, before, wall_now, out);
  const Denials denials(inputs, desired);
  summarize_virtual_ips({inputs, desired, summaries, denials}, wall_now, out.statuses);
  summarize_services(inputs, desired, denials, wall_now, out.statuses);
  give_up_services(inputs, out.statuses);
  summarize_pools(inputs, desired, wall_now, out.statuses);
  return out;
}

}  // namespace fairlead::controller
