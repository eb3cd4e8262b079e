#include "controller/status/denials.h"

#include <set>

#include "controller/plan/eligible.h"
#include "controller/plan/event_reason.h"
#include "controller/plan/newest.h"
#include "controller/status/conditions.h"

namespace fairlead::controller {
namespace {

using Uids = std::set<std::string>;

void add_owners(const api::VRRPGroup* group, Uids& out) {
  if (group == nullptr) return;
  for (const auto& address : group->spec.addresses) {
    for (const auto& owner : address.owners) out.insert(owner.uid);
  }
}

// Of a group those who are to come into it, of its status those who are in it.
Uids uids_of_group(const Inputs& inputs, const Desired& desired, const Refusable& refused) {
  Uids there;
  add_owners(find(inputs.groups, refused.key), there);
  if (refused.status) return there;
  Uids out;
  add_owners(find(desired.groups, refused.key), out);
  for (const auto& uid : there) out.erase(uid);
  return out;
}

Uids uids_of_claim(const api::AddressClaim* claim) {
  Uids out;
  if (claim == nullptr) return out;
  for (const auto& holder : api::holders_of(*claim)) out.insert(holder.uid);
  return out;
}

Uids uids_of_set(const api::RealServerSet* set) {
  Uids out;
  if (set == nullptr) return out;
  for (const auto& owner : set->meta.owner_references) out.insert(owner.uid);
  return out;
}

// As it is wanted, or one that is to go.
template <class T>
const T* wanted_or_there(const ByKey<T>& wanted, const ByKey<T>& there, const api::ObjectKey& key) {
  const T* found = find(wanted, key);
  return found != nullptr ? found : find(there, key);
}

std::string named(const Refusable& refused, const std::string& name) {
  return (refused.status ? "the status of " : "") + name;
}

// The VirtualIPs that the object belongs to, and its kind.
struct Concerned {
  std::string object;
  Uids uids;
};
Concerned concerned(const Inputs& inputs, const Desired& desired, const Refusable& refused) {
  const std::string name = api::to_string(refused.key);
  if (refused.plural == "virtualips") {
    const auto* object = newest(inputs.virtual_ips, inputs.poisoned_virtual_ips, refused.key);
    // Of its own status it can say nothing.
    return {"this VirtualIP", object == nullptr || refused.status ? Uids{} : Uids{object->meta.uid}};
  }
  if (refused.plural == "addressclaims") {
    return {"AddressClaim " + name,
            uids_of_claim(wanted_or_there(desired.claims, inputs.claims, refused.key))};
  }
  if (refused.plural == "realserversets") {
    return {"RealServerSet " + name, uids_of_set(wanted_or_there(desired.sets, inputs.sets, refused.key))};
  }
  if (refused.plural == "vrrpgroups") {
    return {"VRRPGroup " + name, uids_of_group(inputs, desired, refused)};
  }
  return {};
}

template <class T>
std::optional<api::EventSubject> subject_of(const std::string& api_version, const std::string& kind,
                                            const T* object) {
  if (object == nullptr) return std::nullopt;
  const api::ObjectMeta& meta = object->meta;
  return api::EventSubject{api_version, kind, meta.name, meta.namespace_name, meta.uid};
}

// Nobody writes its status any more, and what can be refused of it is that its finalizer goes.
bool is_leaving(const Inputs& inputs, const Refusable& refused) {
  if (refused.plural != "virtualips" || refused.status) return false;
  const auto* object = newest(inputs.virtual_ips, inputs.poisoned_virtual_ips, refused.key);
  return object != nullptr && object->meta.deleting;
}

// Of the kinds that an Event tells of.
std::optional<api::EventSubject> whose(const Inputs& inputs, const Refusable& refused) {
  const std::string ours = "fairlead.dev/v1alpha1";
  const auto& key = refused.key;
  if (refused.plural == "virtualips")
    return subject_of(ours, "VirtualIP", newest(inputs.virtual_ips, inputs.poisoned_virtual_ips, key));
  if (refused.plural == "addresspools")
    return subject_of(ours, "AddressPool", newest(inputs.pools, inputs.poisoned_pools, key));
  if (refused.plural == "services")
    return subject_of("v1", "Service", newest(inputs.services, inputs.poisoned_services, key));
  return std::nullopt;
}

}  // namespace

std::string denied_message(const std::vector<Denied>& denied) {
  const std::size_t more = denied.size() - 1;
  const std::string others =
      more == 0 ? "" : " and " + std::to_string(more) + (more == 1 ? " more object" : " more objects");
  return "the API server refuses what we write of " + denied.front().object + others + ": " +
         denied.front().why;
}

Denials::Denials(const Inputs& inputs, const Desired& desired) {
  for (const auto& [refused, why] : inputs.memory.refused) add(inputs, desired, refused, why);
}

void Denials::add(const Inputs& inputs, const Desired& desired, const Refusable& refused,
                  const std::string& why) {
  const Concerned whom = concerned(inputs, desired, refused);
  for (const auto& uid : whom.uids) by_uid_[uid].push_back({named(refused, whom.object), why});
}

const std::vector<Denied>& Denials::of(const std::string& uid) const {
  static const std::vector<Denied> nothing;
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nothing : found->second;
}

std::optional<Refusal> denied_service(const Inputs& inputs, const api::Service& service,
                                      const std::vector<Denied>& denied) {
  for (const bool of_status : {false, true}) {
    const Refusable refused{"virtualips", api::key_of(service.meta), of_status};
    const auto found = inputs.memory.refused.find(refused);
    if (found == inputs.memory.refused.end()) continue;
    return Refusal{Reason::kWriteRefused, denied_message({{named(refused, "its VirtualIP"), found->second}})};
  }
  if (!denied.empty()) return Refusal{Reason::kWriteRefused, denied_message(denied)};
  const auto* shown = find_condition(service.conditions, "Accepted");
  const bool stands = has_just_begun(inputs) && shown != nullptr &&
                      shown->status == api::ConditionStatus::kFalse &&
                      shown->reason == to_string(Reason::kWriteRefused);
  return stands ? std::optional(Refusal{Reason::kWriteRefused, shown->message}) : std::nullopt;
}

std::vector<Notice> denied_notices(const Inputs& inputs, const Refused& before, const Refused& now) {
  std::vector<Notice> out;
  for (const auto& [refused, why] : now) {
    const bool untold = refused.status || is_leaving(inputs, refused);
    if (!untold || before.contains(refused)) continue;
    const auto subject = whose(inputs, refused);
    if (!subject) continue;
    const std::string what = refused.status ? "its status" : "its finalizers";
    out.push_back({*subject, api::EventType::kWarning, std::string(to_string(EventReason::kWriteRefused)),
                   "Write", denied_message({{what, why}})});
  }
  return out;
}

}  // namespace fairlead::controller
