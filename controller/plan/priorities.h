#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"

// Who of a group's members outranks whom (api.md, "Who is a member, with which priority").
namespace fairlead::controller {

// The interval A that Skew_Time is a share of: the group's own, or, with version 2, always one second (RFC
// 3768 section 6.1).
Milliseconds skew_interval(const api::VRRPGroupSpec& spec);

// Of rank r (0 is the strongest) among m members: 200 - r * min(50, floor(150 / max(1, m - 1))).
int priority_of_rank(int rank, int members);

// How many members a group may have: min(8, max(2, 1 + floor(150 * A / 4864 ms))).
int most_members(Milliseconds skew_interval);

// Node name -> priority of all members. `incumbents` keep theirs; `newcomers`, strongest first, get the
// formula in a new group, else the middle of the largest gap (bounds 50 and 200; ties: the lowest gap). All
// are renumbered, order kept, only if a gap is below both 19 ms of skew (vrrp.md 4) and the formula's step.
std::map<std::string, int> priorities(const std::map<std::string, int>& incumbents,
                                      const std::vector<std::string>& newcomers, Milliseconds skew_interval);

}  // namespace fairlead::controller
