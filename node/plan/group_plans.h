#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/plan/make_plan.h"
#include "node/plan/passwords.h"

// Internal to node/plan: the half of make_plan() that turns groups into virtual routers.
namespace fairlead::plan {

struct GroupPlans {
  std::map<std::string, GroupPlan> groups;
  std::map<net::IpAddress, api::Forwarding> forwarding;  // of every address in `groups`
  std::vector<PlanProblem> problems;
};

GroupPlans plan_groups(const NodeIdentity& node, const std::map<std::string, api::VRRPGroup>& groups,
                       const Passwords& passwords);

}  // namespace fairlead::plan
