#pragma once

#include <string>
#include <utility>

#include "lib/api/meta.h"

namespace fairlead::agent {

// Something that keeps this node from doing as ordered, or that people must know of, as a condition that
// holds: status True, of no generation and without a time. `type` and `reason` as the API documents them;
// `message` names what it is about and what to do. Pure.
inline api::Condition problem(std::string type, std::string reason, std::string message) {
  return {std::move(type), api::ConditionStatus::kTrue, std::move(reason), std::move(message), 0, {}};
}

}  // namespace fairlead::agent
