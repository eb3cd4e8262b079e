#pragma once

#include <string>
#include <vector>

#include "lib/api/meta.h"

// metav1.LabelSelector.
namespace fairlead::api {

enum class LabelOperator { kIn, kNotIn, kExists, kDoesNotExist };
struct LabelRequirement {
  std::string key;
  LabelOperator op = LabelOperator::kExists;
  std::vector<std::string> values;
  friend bool operator==(const LabelRequirement&, const LabelRequirement&) = default;
};
// matchLabels folded into In requirements. Empty matches everything.
struct LabelSelector {
  std::vector<LabelRequirement> requirements;
  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};
bool matches(const LabelSelector& selector, const Labels& labels);

}  // namespace fairlead::api
