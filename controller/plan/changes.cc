#include "controller/plan/changes.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "controller/plan/absences.h"
#include "controller/plan/doubts.h"
#include "controller/plan/event_reason.h"
#include "controller/plan/former_members.h"
#include "controller/plan/holdings.h"
#include "controller/plan/release.h"
#include "controller/plan/services.h"
#include "controller/plan/set_write.h"
#include "controller/plan/status_changes.h"
#include "controller/plan/urgency.h"
#include "controller/plan/write_parts.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

bool has_stale_node_label(const api::Labels& there, const api::Labels& wanted) {
  return std::any_of(there.begin(), there.end(), [&](const auto& label) {
    return label.first.starts_with(api::kNodeLabelPrefix) && !wanted.contains(label.first);
  });
}

bool same_note(const api::Labels& there, const api::Labels& wanted) {
  const auto a = there.find(kReleasingAnnotation);
  const auto b = wanted.find(kReleasingAnnotation);
  if (a == there.end() || b == wanted.end()) return (a == there.end()) == (b == wanted.end());
  return a->second == b->second;
}

bool same(const api::VRRPGroup& there, const api::VRRPGroup& wanted) {
  return there.spec == wanted.spec && has_all(there.meta.labels, wanted.meta.labels) &&
         !has_stale_node_label(there.meta.labels, wanted.meta.labels) &&
         same_note(there.meta.annotations, wanted.meta.annotations);
}

bool same(const api::VirtualIP& there, const api::VirtualIP& wanted) {
  const auto& finalizers = there.meta.finalizers;
  const bool finalized =
      std::find(finalizers.begin(), finalizers.end(), api::kReleaseFinalizer) != finalizers.end();
  return there.spec == wanted.spec && finalized && has_owners(there.meta, wanted.meta);
}

Notice deprecated_notice(const api::ObjectMeta& service) {
  return {{"v1", "Service", service.name, service.namespace_name, service.uid},
          api::EventType::kWarning,
          std::string(to_string(EventReason::kDeprecatedField)),
          "Translate",
          "spec.loadBalancerIP is deprecated, use the annotation fairlead.dev/loadBalancerIPs"};
}

void virtual_ip_writes(const Inputs& inputs, const Desired& desired, std::vector<Write>& out) {
  for (const auto& [key, wanted] : desired.of_services) {
    const auto* there = find(inputs.virtual_ips, key);
    if (there != nullptr && same(*there, wanted)) continue;
    out.push_back(application({Step::kVirtualIPs, Verb::kApply, Target::kVirtualIP}, wanted.meta,
                              api::encode_virtual_ip(guarded(wanted))));
    const auto& service = inputs.services.at(key);
    if (api::asks_by_deprecated_field(service, inputs.settings.foreign_annotations))
      out.back().notices.push_back(deprecated_notice(service.meta));
  }
  for (const auto& key : desired.to_finalize) {
    api::VirtualIP wanted;
    wanted.meta = frame_of(inputs.virtual_ips.at(key).meta);
    wanted.meta.finalizers.emplace_back(api::kReleaseFinalizer);
    out.push_back(application({Step::kVirtualIPs, Verb::kApply, Target::kVirtualIP}, wanted.meta,
                              api::encode_virtual_ip_finalizers(wanted)));
  }
  for (const auto& key : desired.to_delete) {
    const auto& there = inputs.virtual_ips.at(key);
    out.push_back(
        deletion(Step::kRemoveVirtualIPs, Target::kVirtualIP, there.meta, absences_of(inputs, there)));
  }
}

// Who holds a shared address; whoever is left out is looked for first (FC-03).
Write holders_write(const Inputs& inputs, const ReleaseNotes& notes, const api::AddressClaim& there,
                    const api::AddressClaim& wanted) {
  api::AddressClaim object;
  object.meta = frame_of(there.meta);
  object.status_holders = wanted.status_holders;
  Write out = application({Step::kClaims, Verb::kApplyStatus, Target::kAddressClaim}, object.meta,
                          api::encode_address_claim_status(object));
  api::AddressClaim leaving = there;
  leaving.status_holders = api::holders_of(there);
  std::erase_if(leaving.status_holders,
                [&](const auto& holder) { return lists(wanted.status_holders, holder.uid); });
  if (!leaving.status_holders.empty()) out.absences = absences_of_holders(inputs, notes, leaving);
  return out;
}

// The group that it names, guarded by the version of the claim that named another, or none. The other is
// asked for: who is behind would take a claim back that has gone on.
Write group_naming(const Desired& desired, const api::AddressClaim& there, const api::AddressClaim& wanted) {
  api::AddressClaim object;
  object.meta = frame_of(wanted.meta);
  object.meta.annotations = wanted.meta.annotations;
  const Step step =
      desired.claims_behind.contains(api::key_of(wanted.meta)) ? Step::kClaimsBehind : Step::kClaims;
  Write out = application({step, Verb::kApply, Target::kAddressClaim}, wanted.meta,
                          api::encode_address_claim_group(object));
  out.absences = absences_of_group(there);
  return out;
}

void claim_writes(const Inputs& inputs, const ReleaseNotes& notes, const Desired& desired,
                  std::vector<Write>& out) {
  for (const auto& [key, wanted] : desired.claims) {
    if (inputs.poisoned_claims.contains(key)) continue;
    if (const auto* there = find(inputs.claims, key)) {
      if (there->status_holders != wanted.status_holders) {
        out.push_back(holders_write(inputs, notes, *there, wanted));
      } else if (api::group_named_by(*there) != api::group_named_by(wanted)) {
        out.push_back(group_naming(desired, *there, wanted));
      }
      continue;
    }
    out.push_back(application({Step::kClaims, Verb::kCreate, Target::kAddressClaim}, wanted.meta,
                              api::encode_address_claim(wanted)));
  }
  for (const auto& [key, there] : inputs.claims) {
    if (desired.claims.contains(key) || there.meta.deleting) continue;
    out.push_back(deletion(Step::kRemoveClaims, Target::kAddressClaim, there.meta,
                           absences_of_end(inputs, notes, there)));
  }
}

// Of a group whose newest version nobody can read, as one of a later release, nothing is written before it
// can be: computed from the version before that it would meet a conflict each time.
bool is_unreadable(const Inputs& inputs, const api::ObjectKey& group) {
  return inputs.poisoned_groups.contains(group);
}

void group_writes(const Inputs& inputs, const ReleaseNotes& notes, const Desired& desired,
                  std::vector<Write>& out) {
  for (const auto& [key, wanted] : desired.groups) {
    const auto* there = find(inputs.groups, key);
    if (is_unreadable(inputs, key) || (there != nullptr && same(*there, wanted))) continue;
    api::VRRPGroup object;
    object.meta = frame_of(wanted.meta);
    object.meta.labels = wanted.meta.labels;
    object.meta.annotations = wanted.meta.annotations;
    object.spec = wanted.spec;
    out.push_back(application({Step::kGroups, Verb::kApply, Target::kVRRPGroup}, wanted.meta,
                              api::encode_vrrp_group(object)));
    out.back().absences = absences_of(inputs, notes, desired, there, &wanted);
  }
  for (const auto& [key, there] : inputs.groups) {
    if (desired.groups.contains(key) || there.meta.deleting || is_unreadable(inputs, key)) continue;
    out.push_back(deletion(Step::kRemoveGroups, Target::kVRRPGroup, there.meta,
                           absences_of(inputs, notes, desired, &there, nullptr)));
  }
}

void set_writes(const Inputs& inputs, const Desired& desired, std::vector<Write>& out) {
  for (const auto& [key, wanted] : desired.sets) {
    if (auto write = set_write(inputs, wanted)) out.push_back(*std::move(write));
  }
  for (const auto& [key, there] : inputs.sets) {
    if (desired.sets.contains(key) || there.meta.deleting) continue;
    const auto* unreadable = find(inputs.poisoned_sets, key);  // the newest version goes, readable or not
    out.push_back(deletion(Step::kRemoveSets, Target::kRealServerSet,
                           unreadable == nullptr ? there.meta : unreadable->meta,
                           absences_of(inputs, there)));
  }
}

// What it had, and of each that somebody shares whose it is still.
std::string released_text(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  std::vector<std::string> parts;
  for (const auto& text : virtual_ip.status.addresses) {
    const auto address = net::parse_address(text);
    const auto* claim = address ? claim_of(inputs, *address) : nullptr;
    parts.push_back(text);
    if (claim == nullptr) continue;
    for (const auto& holder : api::holders_of(*claim)) {
      if (holder.uid == virtual_ip.meta.uid || !exists(inputs, holder)) continue;
      parts.back() += ", which VirtualIP " + holder.namespace_name + "/" + holder.name + " shares and keeps";
      break;
    }
  }
  return join(parts, "; ");
}

Notice released_notice(const api::ObjectMeta& meta, const std::string& address,
                       const std::set<std::string>& nodes) {
  const api::EventSubject subject{"fairlead.dev/v1alpha1", "VirtualIP", meta.name, meta.namespace_name,
                                  meta.uid};
  const std::string reason(to_string(EventReason::kIPReleased));
  if (nodes.empty()) return {subject, api::EventType::kNormal, reason, "Release", address};
  return {subject, api::EventType::kWarning, reason, "Release",
          address + " released without an answer of node " + join({nodes.begin(), nodes.end()}, ", ") +
              ": it stays blocked until the node reports or its Node object is deleted"};
}

void finalizer_removals(const Inputs& inputs, const ReleaseNotes& notes, const Desired& desired,
                        std::vector<Write>& out) {
  for (const auto& [key, passed] : desired.released) {
    const auto* readable = find(inputs.virtual_ips, key);
    const auto& meta = readable != nullptr ? readable->meta : inputs.poisoned_virtual_ips.at(key).meta;
    api::VirtualIP object;
    object.meta = frame_of(meta);
    object.meta.finalizers = meta.finalizers;
    std::erase(object.meta.finalizers, api::kReleaseFinalizer);
    Write write{Step::kRemoveFinalizers,
                Verb::kMergePatch,
                Target::kVirtualIP,
                key,
                meta.resource_version,
                api::encode_virtual_ip_finalizers(object),
                {},
                absences_of_release(inputs, notes, meta.uid)};
    const std::string address = readable != nullptr ? released_text(inputs, *readable) : "";
    if (!passed.empty() || !address.empty()) write.notices.push_back(released_notice(meta, address, passed));
    tell_service_too(meta, write.notices);
    out.push_back(std::move(write));
  }
}

void report_removals(const Inputs& inputs, const Desired& desired, std::vector<Write>& out) {
  for (const auto& name : desired.orphan_reports) {
    const auto& meta = inputs.node_reports.at(cluster_key(name)).meta;
    const Absence node{Target::kNode, cluster_key(name), ""};
    if (!meta.deleting) out.push_back(deletion(Step::kRemoveReports, Target::kNodeReport, meta, {node}));
  }
}

}  // namespace

std::vector<Write> changes(const Inputs& inputs, const Desired& desired, const Statuses& statuses) {
  const ReleaseNotes notes(inputs);
  std::vector<Write> out;
  virtual_ip_writes(inputs, desired, out);
  claim_writes(inputs, notes, desired, out);
  group_writes(inputs, notes, desired, out);
  set_writes(inputs, desired, out);
  status_writes(inputs, desired, statuses, out);
  report_removals(inputs, desired, out);
  entry_removals(inputs, desired, out);
  finalizer_removals(inputs, notes, desired, out);
  doubt_what_is_told(inputs, desired, out);
  hurry(inputs, out);
  std::stable_sort(out.begin(), out.end(), [](const Write& a, const Write& b) {
    return std::tie(a.step, a.target, a.key) < std::tie(b.step, b.target, b.key);
  });
  return out;
}

}  // namespace fairlead::controller
