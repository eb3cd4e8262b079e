#include "controller/status/unjudged.h"

#include <algorithm>

#include "controller/plan/reason.h"
#include "controller/status/conditions.h"

namespace fairlead::controller {

bool keep_unjudged(const std::vector<api::Condition>& shown, std::vector<api::Condition>& causes) {
  const auto* degraded = find_condition(shown, "Degraded");
  if (degraded == nullptr || degraded->status != api::ConditionStatus::kTrue) return false;
  std::vector<api::Condition> kept;
  for (const auto& [reason, message] : causes_of(*degraded)) {
    const bool takes_time =
        reason == to_string(Reason::kWriteRefused) || reason == to_string(Reason::kForeignStatusWriter);
    const bool known = std::any_of(causes.begin(), causes.end(), [&, &reason = reason](const auto& cause) {
      return cause.reason == reason;
    });
    if (!takes_time || known) continue;
    kept.emplace_back();
    kept.back().type = degraded->type;
    kept.back().status = degraded->status;
    kept.back().reason = reason;
    kept.back().message = message;
  }
  causes.insert(causes.end(), kept.begin(), kept.end());
  return !kept.empty();
}

}  // namespace fairlead::controller
