#pragma once

#include <cstddef>
#include <vector>

#include "node/plan/make_plan.h"
#include "node/plan/passwords.h"

// Internal to node/plan: one VRRPGroup as the node that is its member `self` must run it.
namespace fairlead::plan {

PlanProblem problem_of(const api::VRRPGroup& group, Refusal refusal, std::string path, std::string message);

// What keeps this member from running the group although the object is sound: a password that is not there,
// an address of its own that is missing.
std::vector<PlanProblem> obstacles(const api::VRRPGroup& group, std::size_t self, const Passwords& passwords);

// What is said of a group that runs all the same, as `plan` says.
std::vector<PlanProblem> shortcomings(const api::VRRPGroup& group, std::size_t self,
                                      const Passwords& passwords, const GroupPlan& plan);

// Without the virtual router's link-local address.
// REQUIRES: check(group) and obstacles() are empty.
GroupPlan group_plan(const api::VRRPGroup& group, std::size_t self, const Passwords& passwords);

// fe80::5eff:fe00:2VV, VV being the VRID: what a group of family IPv6 lists first where it names no other
// link-local address. RFC 9568 section 5.2.9 (VR-017).
net::IpAddress default_link_local(vrrp::VirtualRouterId id);

}  // namespace fairlead::plan
