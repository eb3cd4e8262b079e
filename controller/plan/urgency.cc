#include "controller/plan/urgency.h"

#include <map>
#include <utility>

namespace fairlead::controller {
namespace {

// One that was served: its state is another than that of one which is being made.
bool has_state(const std::string& state) {
  return !state.empty() && state != api::to_string(api::VipState::kPending);
}

bool has_served(const Inputs& inputs, const Write& write) {
  if (write.target == Target::kVirtualIP) {
    const auto* there = find(inputs.virtual_ips, write.key);
    return there != nullptr && has_state(there->status.state);
  }
  if (write.target == Target::kVRRPGroup) {
    const auto* there = find(inputs.groups, write.key);
    return there != nullptr && has_state(there->status.state);
  }
  const auto* there = write.target == Target::kService ? find(inputs.services, write.key) : nullptr;
  return there != nullptr && !there->ingress.empty();
}

}  // namespace

void hurry(const Inputs& inputs, std::vector<Write>& writes) {
  std::map<std::pair<Target, api::ObjectKey>, int> counts;
  for (const auto& write : writes) ++counts[{write.target, write.key}];
  for (auto& write : writes) {
    if (counts.at({write.target, write.key}) > 1) continue;
    const bool status = write.step == Step::kStatus || write.step == Step::kServiceStatus;
    if (status && has_served(inputs, write)) write.step = Step::kNews;
  }
}

}  // namespace fairlead::controller
