#pragma once

#include <string>
#include <vector>

#include "controller/plan/reason.h"
#include "lib/api/meta.h"

// metav1.Conditions as values: lastTransitionTime moves only when the status does.
namespace fairlead::controller {

// A condition without its time.
api::Condition condition(const std::string& type, bool is_true, Reason reason, const std::string& message);

// `wanted` with observedGeneration, and the time of the present condition of its type and status, else `now`
// in whole seconds (the API server keeps no finer ones).
std::vector<api::Condition> timed(std::vector<api::Condition> wanted,
                                  const std::vector<api::Condition>& present, std::int64_t generation,
                                  WallTime now);

// The condition of that type, or nullptr.
const api::Condition* find_condition(const std::vector<api::Condition>& conditions, const std::string& type);

}  // namespace fairlead::controller
