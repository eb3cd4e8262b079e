#include "controller/status/whole_round.h"

#include <utility>

#include "controller/plan/patience.h"
#include "controller/plan/remember.h"
#include "controller/status/foreign_writers.h"

namespace fairlead::controller {

WholeRound whole_round(const Inputs& inputs, const ClaimsMemory& claims, WallTime wall_now) {
  WholeRound out;
  Desired wanted = desired(inputs);
  Summary summary = summarize(inputs, wanted, claims, wall_now);
  out.writes = changes(inputs, wanted, summary.statuses);
  out.memory = remember(inputs, wanted);
  // Who is dead is not waited for.
  const bool others_are_dead = summary.stale_members != inputs.memory.stale_members;
  out.memory.stale_members = std::move(summary.stale_members);
  out.memory.fought = inputs.memory.fought;
  out.memory.refused = inputs.memory.refused;
  out.outlook.unsettled = forget_settled(out.writes, out.memory.foreign_writers) || others_are_dead;
  out.outlook.end = next_end(inputs, out.memory);
  if (summary.claims_end && (!out.outlook.end || *summary.claims_end < *out.outlook.end))
    out.outlook.end = summary.claims_end;
  out.outlook.footings = std::move(wanted.footings);
  out.standing = std::move(wanted.standing);
  out.statuses = std::move(summary.statuses);
  out.claims = std::move(summary.memory);
  return out;
}

}  // namespace fairlead::controller
