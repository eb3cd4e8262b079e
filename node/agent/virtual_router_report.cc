// What a virtual router tells of itself.

#include <utility>

#include "node/agent/problem.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {

VirtualRouter::Telling VirtualRouter::telling() const {
  return {state_.index(),     heard_.address(), addresses_.changes(),
          adverts_.changes(), peers_.changes(), addresses_.yields()};
}

std::optional<GroupReport> VirtualRouter::news() {
  const Telling now = telling();
  if (!std::exchange(touched_, false) && now == told_) return std::nullopt;
  told_ = now;
  return report();
}

GroupReport VirtualRouter::report() const {
  GroupReport out;
  out.uid = plan_.version.uid;
  out.state = member_state();
  out.since = since_;
  out.observed_generation = observed_generation_;
  out.programmed = programmed_;
  out.priority = priority_.value();
  out.hears = heard_.name();
  out.last_transition = last_transition_;
  out.held = addresses_.all();
  const auto add = [&out](std::vector<api::Condition> problems) {
    std::move(problems.begin(), problems.end(), std::back_inserter(out.problems));
  };
  for (const auto& problem : {link_problem_, address_problem_}) {
    if (problem) out.problems.push_back(*problem);
  }
  if (!world_.namesake.empty()) {
    out.problems.push_back(problem(kDuplicateNode, "AnotherInstance",
                                   "another live daemon (instance " + world_.namesake +
                                       ") writes as this node: both run at priority 1"));
  }
  add(addresses_.problems());
  if (const auto why = adverts_.why_unsent()) {
    out.problems.push_back(problem("AdvertsNotSent", "SendFailed", *why));
  }
  add(peers_.problems(plan_));
  if (auto overlap = fence_overlap(plan_, lifetime(), fence_)) out.problems.push_back(*std::move(overlap));
  return out;
}

}  // namespace fairlead::agent
