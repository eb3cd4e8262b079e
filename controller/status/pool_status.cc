#include "controller/status/pool_status.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/eligible.h"
#include "controller/plan/newest.h"
#include "controller/plan/pools.h"
#include "controller/status/conditions.h"
#include "controller/status/notices.h"
#include "controller/status/unjudged.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

std::vector<api::Condition> undone(const Inputs& inputs, const api::ObjectKey& pool) {
  const auto found = inputs.memory.fought.find({"addresspools", pool});
  if (found == inputs.memory.fought.end()) return {};
  return {condition("Degraded", true, Reason::kForeignStatusWriter,
                    undone_message({{"this AddressPool", found->second}}))};
}

api::Condition degraded(const Inputs& inputs, const api::AddressPool& pool, const PoolDecision& decision) {
  auto causes = undone(inputs, api::key_of(pool.meta));
  const auto& no = decision.refusal;
  const std::string exhausted = exhaustion(pool, decision.numbers);
  if (no) causes.push_back(condition("Degraded", true, no->reason, no->message));
  if (!no && !exhausted.empty()) {
    causes.push_back(condition("Degraded", true, Reason::kPoolExhausted, exhausted));
  }
  if (has_just_begun(inputs)) keep_unjudged(pool.status.conditions, causes);
  return causes.empty() ? condition("Degraded", false, Reason::kHealthy, "") : joined(causes);
}

constexpr std::size_t kMostNamed = 5;

// Of an accepted pool: whoever made the other may look here first.
api::Condition overlapped(const std::set<std::string>& by) {
  std::vector<std::string> names(by.begin(), by.end());
  const std::size_t more = names.size() - std::min(names.size(), kMostNamed);
  names.resize(names.size() - more);
  return condition("Accepted", true, Reason::kOverlap,
                   "this pool is the older, and has precedence: not accepted, for they overlap it, are " +
                       join(names, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more"));
}

api::Condition accepted(const std::optional<Refusal>& no, const std::set<std::string>& overlapped_by) {
  if (no) return condition("Accepted", false, no->reason, no->message);
  return overlapped_by.empty() ? condition("Accepted", true, Reason::kAccepted, "")
                               : overlapped(overlapped_by);
}

void tell(const api::AddressPool& pool, std::vector<api::Condition> conditions, api::AddressPoolStatus status,
          WallTime wall_now, Statuses& out) {
  status.conditions = timed(std::move(conditions), pool.status.conditions, pool.meta.generation, wall_now);
  const auto key = api::key_of(pool.meta);
  out.pool_notices.insert({key, pool_notices(pool, status)});
  out.pools.insert({key, std::move(status)});
}

}  // namespace

void summarize_pools(const Inputs& inputs, const Desired& desired, WallTime wall_now, Statuses& out) {
  auto younger = overlapped_pools(inputs);
  for (const auto& [name, decision] : desired.pools) {
    const auto key = cluster_key(name);
    const auto& pool = *newest(inputs.pools, inputs.poisoned_pools, key);
    std::optional<Refusal> no = decision.refusal;
    if (const auto* poisoned = find(inputs.poisoned_pools, key)) no = unreadable(*poisoned);
    api::AddressPoolStatus numbers = decision.numbers;
    if (decision.refusal) numbers.available_ipv4 = numbers.available_ipv6 = 0;
    tell(pool, {accepted(no, younger[name]), degraded(inputs, pool, decision)}, std::move(numbers), wall_now,
         out);
  }
  for (const auto& [key, poisoned] : inputs.poisoned_pools) {
    const auto* pool = std::get_if<api::AddressPool>(&poisoned.object);
    if (pool == nullptr || inputs.pools.contains(key) || pool->meta.deleting) continue;
    auto conditions = undone(inputs, key);
    conditions.insert(conditions.begin(), accepted(unreadable(poisoned), {}));
    tell(*pool, std::move(conditions), pool->status, wall_now, out);
  }
}

}  // namespace fairlead::controller
