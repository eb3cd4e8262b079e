#pragma once

#include <map>
#include <optional>
#include <string>

#include "controller/plan/changes.h"
#include "controller/plan/desired.h"
#include "controller/status/mastership.h"

// All statuses from all reports.
namespace fairlead::controller {

// What is remembered between two rounds, by group.
using ClaimsMemory = std::map<std::string, GroupClaims>;

struct Summary {
  Statuses statuses;
  ClaimsMemory memory;
  std::set<MemberKey> stale_members;    // for Memory of the next round
  std::optional<TimePoint> claims_end;  // when time alone changes who is master of some group, if it does
};

// `wall_now` stamps conditions; `inputs.now` decides who is stale.
Summary summarize(const Inputs& inputs, const Desired& desired, const ClaimsMemory& before,
                  WallTime wall_now);

}  // namespace fairlead::controller
