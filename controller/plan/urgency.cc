#include "controller/plan/urgency.h"

#include <algorithm>
#include <map>
#include <utility>

namespace fairlead::controller {
namespace {

// The same but for the real servers behind it.
bool same_front(const api::VirtualServer& a, api::VirtualServer b) {
  b.reals = a.reals;
  return a == b;
}

bool only_reals_differ(const api::RealServerSet& there, const api::RealServerSet& wanted) {
  const auto& before = there.spec.virtual_servers;
  const auto& after = wanted.spec.virtual_servers;
  if (!std::equal(before.begin(), before.end(), after.begin(), after.end(), same_front)) return false;
  api::RealServerSetSpec rest = wanted.spec;
  rest.virtual_servers = before;
  return rest == there.spec;
}

bool is_of_backends(const Inputs& inputs, const Desired& desired, const Write& write) {
  const auto* there = find(inputs.sets, write.key);
  const auto* wanted = find(desired.sets, write.key);
  return there != nullptr && wanted != nullptr && only_reals_differ(*there, *wanted);
}

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

void hurry(const Inputs& inputs, const Desired& desired, std::vector<Write>& writes) {
  std::map<std::pair<Target, api::ObjectKey>, int> counts;
  for (const auto& write : writes) ++counts[{write.target, write.key}];
  for (auto& write : writes) {
    if (counts.at({write.target, write.key}) > 1) continue;
    const bool status = write.step == Step::kStatus || write.step == Step::kServiceStatus;
    if (write.step == Step::kSets && is_of_backends(inputs, desired, write)) write.step = Step::kBackends;
    if (status && has_served(inputs, write)) write.step = Step::kNews;
  }
}

}  // namespace fairlead::controller
