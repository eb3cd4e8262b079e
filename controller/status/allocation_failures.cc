#include "controller/status/allocation_failures.h"

#include <set>

#include "controller/plan/newest.h"
#include "controller/status/conditions.h"

namespace fairlead::controller {
namespace {

// Of the condition Allocated, where it is False; else nullptr.
const std::string* refusal(const api::VirtualIPStatus& status) {
  const auto* found = find_condition(status.conditions, "Allocated");
  const bool refused = found != nullptr && found->status == api::ConditionStatus::kFalse;
  return refused ? &found->reason : nullptr;
}

}  // namespace

AllocationFailures allocation_failures(const Inputs& inputs, const Statuses& statuses) {
  AllocationFailures out;
  for (const auto& [key, status] : statuses.virtual_ips) {
    const auto* reason = refusal(status);
    if (reason == nullptr) continue;
    const auto* object = newest(inputs.virtual_ips, inputs.poisoned_virtual_ips, key);
    if (object != nullptr) out.insert({object->meta.uid, {object->spec.pool, *reason}});
  }
  return out;
}

std::map<AllocationFailure, int> new_failures(const Inputs& inputs, const AllocationFailures& before,
                                              const AllocationFailures& now) {
  std::map<AllocationFailure, int> out;
  std::map<std::string, const AllocationFailure*> news;
  for (const auto& [uid, failure] : now) {
    const auto known = before.find(uid);
    if (known == before.end() || known->second.reason != failure.reason) news.insert({uid, &failure});
  }
  if (news.empty()) return out;
  for (const auto& [key, object] : inputs.virtual_ips) {
    const auto* said = refusal(object.status);
    const auto found = news.find(object.meta.uid);
    if (said != nullptr && found != news.end() && *said == found->second->reason) news.erase(found);
  }
  for (const auto& [uid, failure] : news) ++out[*failure];
  return out;
}

}  // namespace fairlead::controller
