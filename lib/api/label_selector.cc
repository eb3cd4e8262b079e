#include "lib/api/label_selector.h"

#include <algorithm>

#include "lib/api/label_selector_fields.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kMaxRequirements = 32;
constexpr std::size_t kMaxValues = 64;

constexpr Word<LabelOperator> kOperatorWords[] = {{"In", LabelOperator::kIn},
                                                  {"NotIn", LabelOperator::kNotIn},
                                                  {"Exists", LabelOperator::kExists},
                                                  {"DoesNotExist", LabelOperator::kDoesNotExist}};

bool needs_values(LabelOperator op) { return op == LabelOperator::kIn || op == LabelOperator::kNotIn; }

bool matches(const LabelRequirement& requirement, const Labels& labels) {
  const auto found = labels.find(requirement.key);
  const bool present = found != labels.end();
  const auto& values = requirement.values;
  const bool listed = present && std::find(values.begin(), values.end(), found->second) != values.end();
  switch (requirement.op) {
    case LabelOperator::kIn:
      return listed;
    case LabelOperator::kNotIn:
      return !listed;
    case LabelOperator::kExists:
      return present;
    case LabelOperator::kDoesNotExist:
      return !present;
  }
  return false;
}

}  // namespace

bool matches(const LabelSelector& selector, const Labels& labels) {
  return std::all_of(selector.requirements.begin(), selector.requirements.end(),
                     [&](const auto& requirement) { return matches(requirement, labels); });
}

void read_label_selector(const JsonView& view, LabelSelector& out) {
  if (!view.object()) return;
  Labels equal;
  view.at("matchLabels").read(equal);
  for (const auto& [key, value] : equal) out.requirements.push_back({key, LabelOperator::kIn, {value}});
  for (const auto& item : view.at("matchExpressions").items(kMaxRequirements)) {
    LabelRequirement requirement;
    if (!item.object()) continue;
    item.at("key").require();
    item.at("key").read(requirement.key);
    item.at("operator").require();
    item.at("operator").read<LabelOperator>(kOperatorWords, requirement.op);
    item.at("values").read(requirement.values, kMaxValues);
    if (needs_values(requirement.op) == requirement.values.empty()) {
      item.at("values").problem(needs_values(requirement.op) ? "required with operator In or NotIn"
                                                             : "allowed with operator In or NotIn only");
    }
    out.requirements.push_back(std::move(requirement));
  }
}

}  // namespace fairlead::api
