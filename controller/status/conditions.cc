#include "controller/status/conditions.h"

#include <chrono>

namespace fairlead::controller {

api::Condition condition(const std::string& type, bool is_true, Reason reason, const std::string& message) {
  api::Condition out;
  out.type = type;
  out.status = is_true ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse;
  out.reason = to_string(reason);
  out.message = message;
  return out;
}

std::vector<api::Condition> timed(std::vector<api::Condition> wanted,
                                  const std::vector<api::Condition>& present, std::int64_t generation,
                                  WallTime now) {
  for (auto& condition : wanted) {
    const auto* old = find_condition(present, condition.type);
    const bool same = old != nullptr && old->status == condition.status;
    condition.last_transition_time = same ? old->last_transition_time : std::chrono::floor<Seconds>(now);
    condition.observed_generation = generation;
  }
  return wanted;
}

const api::Condition* find_condition(const std::vector<api::Condition>& conditions, const std::string& type) {
  for (const auto& condition : conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

}  // namespace fairlead::controller
