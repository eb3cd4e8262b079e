#pragma once

#include <vector>

#include "controller/plan/agenda.h"
#include "controller/plan/changes.h"
#include "controller/plan/desired.h"
#include "controller/status/summary.h"

namespace fairlead::controller {

// What comes of one whole round: caches -> desired -> statuses -> changes.
struct WholeRound {
  std::vector<Write> writes;
  Statuses statuses;
  // For the next.
  Memory memory;
  ClaimsMemory claims;
  // For the rounds of endpoints until then.
  Standing standing;
  Agenda::Outlook outlook;
};

// Pure. `claims`: of the round before; `wall_now` stamps conditions. REQUIRES: every cache is synced.
WholeRound whole_round(const Inputs& inputs, const ClaimsMemory& claims, WallTime wall_now);

}  // namespace fairlead::controller
