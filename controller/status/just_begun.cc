#include "controller/status/just_begun.h"

#include <algorithm>

#include "controller/plan/eligible.h"
#include "controller/plan/reason.h"
#include "controller/status/conditions.h"

namespace fairlead::controller {

bool has_just_begun(const Inputs& inputs) {
  return inputs.memory.begun && inputs.now - *inputs.memory.begun < kReadyBeforeItsPods;
}

std::vector<api::Condition> not_judged_again(const std::vector<api::Condition>& shown,
                                             const std::vector<api::Condition>& causes) {
  std::vector<api::Condition> out;
  const auto* degraded = find_condition(shown, "Degraded");
  if (degraded == nullptr || degraded->status != api::ConditionStatus::kTrue) return out;
  for (const auto& [reason, message] : causes_of(*degraded)) {
    const bool takes_time =
        reason == to_string(Reason::kWriteRefused) || reason == to_string(Reason::kForeignStatusWriter);
    const bool known = std::any_of(causes.begin(), causes.end(), [&, &reason = reason](const auto& cause) {
      return cause.reason == reason;
    });
    if (!takes_time || known) continue;
    api::Condition kept;
    kept.type = degraded->type;
    kept.status = degraded->status;
    kept.reason = reason;
    kept.message = message;
    out.push_back(std::move(kept));
  }
  return out;
}

}  // namespace fairlead::controller
