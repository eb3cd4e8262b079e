#include "controller/status/conditions.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "lib/api/json_write.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr std::size_t kMostCauses = 5;
constexpr std::size_t kMostOfMessage = 4096;  // the CRDs allow 32768, of several together
const std::string kAlso = "; also ";
const std::string kSays = ": ";

}  // namespace

api::Condition condition(const std::string& type, bool is_true, Reason reason, const std::string& message) {
  api::Condition out;
  out.type = type;
  out.status = is_true ? api::ConditionStatus::kTrue : api::ConditionStatus::kFalse;
  out.reason = to_string(reason);
  out.message = api::cut_text(message, kMostOfMessage);
  return out;
}

Refusal unreadable(const Poisoned& poisoned) {
  return {Reason::kInvalidSpec, api::to_string(poisoned.problems)};
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

std::string undone_message(const std::vector<Undone>& objects) {
  std::map<std::string, std::vector<std::string>> by_manager;
  for (const auto& undone : objects) by_manager[undone.manager].push_back(undone.object);
  std::vector<std::string> parts;
  for (const auto& [manager, theirs] : by_manager) {
    const std::string who = manager.empty() ? "somebody" : "\"" + manager + "\"";
    parts.push_back(who + " undoes what we write of " + join(theirs, ", "));
  }
  const std::string why =
      by_manager.contains("") ? ": whoever takes a field away, or goes by our name, is not named" : "";
  return join(parts, ", and ") + " again and again, and now we write once a minute" + why;
}

api::Condition joined(const std::vector<api::Condition>& causes) {
  api::Condition out = causes.front();
  for (std::size_t i = 1; i < std::min(causes.size(), kMostCauses); ++i) {
    out.message += kAlso + causes[i].reason + kSays + causes[i].message;
  }
  if (causes.size() > kMostCauses)
    out.message += "; and " + std::to_string(causes.size() - kMostCauses) + " more";
  return out;
}

std::vector<std::pair<std::string, std::string>> causes_of(const api::Condition& condition) {
  std::vector<std::pair<std::string, std::string>> out;
  std::string reason = condition.reason;
  std::string rest = condition.message;
  for (auto end = rest.find(kAlso); end != std::string::npos; end = rest.find(kAlso)) {
    out.push_back({reason, rest.substr(0, end)});
    rest = rest.substr(end + kAlso.size());
    const auto says = rest.find(kSays);
    reason = rest.substr(0, says);
    rest = says == std::string::npos ? "" : rest.substr(says + kSays.size());
  }
  out.push_back({reason, rest});
  return out;
}

const api::Condition* find_condition(const std::vector<api::Condition>& conditions, const std::string& type) {
  for (const auto& condition : conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

}  // namespace fairlead::controller
