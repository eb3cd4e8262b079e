#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/release.h"
#include "unit/controller/builders.h"

// What the caches do not show (FC-03).
namespace fairlead::controller::testing {

inline const char* const kGroup = "192-0-2-0-24-v4-1";
inline const Absence kWeb{Target::kVirtualIP, {"shop", "web"}, "uid-web"};
inline const Absence kUnchanged{Target::kVirtualIP, {"shop", "web"}, "uid-web", "1"};
inline const Absence kNodeX{Target::kNode, {"", "node-x"}, ""};

inline Inputs holding(const std::vector<std::pair<std::string, std::string>>& addresses) {
  Inputs inputs = three_nodes();
  put(inputs.groups, group({kGroup, 1, addresses, {{"node-a", 200}}}));
  return inputs;
}

// 192.0.2.100 was taken from `old`, and node-x has not reported.
inline Inputs releasing_by_node_x() {
  Inputs inputs = holding({{"192.0.2.101", "other"}});
  put(inputs.virtual_ips, vip("other", "192.0.2.101"));
  inputs.groups.begin()->second.meta.annotations[kReleasingAnnotation] = "192.0.2.100 uid-old node-x";
  return inputs;
}

// The first one to an object of that kind.
inline const Write* write_of(const std::vector<Write>& writes, Target target) {
  for (const auto& write : writes) {
    if (write.target == target) return &write;
  }
  return nullptr;
}

}  // namespace fairlead::controller::testing
