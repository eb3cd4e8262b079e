#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/plan/make_plan.h"
#include "unit/node/plan/builders.h"

// Plans of node-a, and their problems as text.
namespace fairlead::testing {

inline const plan::NodeIdentity kNodeA{"node-a", "uid-of-a"};

inline std::vector<std::string> texts(const std::vector<plan::PlanProblem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    out.push_back(std::string(to_string(problem.refusal)) + " " + to_string(problem));
  }
  return out;
}

inline plan::MadePlan plan_of(std::vector<api::VRRPGroup> groups, std::vector<api::RealServerSet> sets) {
  return make_plan(kNodeA, groups_of(std::move(groups)), sets_of(std::move(sets)), {}, plan::Plan{});
}

inline api::VRRPGroup nat_group(const std::string& name) {
  auto out = group(name);
  out.spec.addresses[0].forwarding = api::Forwarding::kNat;
  return out;
}

}  // namespace fairlead::testing
