#include "controller/status/whole_round.h"

#include <utility>

#include "controller/plan/remember.h"
#include "controller/status/foreign_writers.h"

namespace fairlead::controller {

WholeRound whole_round(const Inputs& inputs, const ClaimsMemory& claims, WallTime wall_now) {
  WholeRound out;
  Desired wanted = desired(inputs);
  Summary summary = summarize(inputs, wanted, claims, wall_now);
  out.writes = changes(inputs, wanted, summary.statuses);
  out.memory = remember(inputs, wanted);
  out.memory.stale_members = std::move(summary.stale_members);
  out.memory.fought = inputs.memory.fought;
  out.outlook.unsettled = forget_settled(out.writes, out.memory.foreign_writers);
  out.outlook.watchful =
      summary.contested || !out.memory.releasing_since.empty() || !out.memory.interface_missing_since.empty();
  out.outlook.end = next_end(out.memory.vacancies);
  out.outlook.footings = std::move(wanted.footings);
  out.standing = std::move(wanted.standing);
  out.statuses = std::move(summary.statuses);
  out.claims = std::move(summary.memory);
  return out;
}

}  // namespace fairlead::controller
