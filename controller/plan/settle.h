#pragma once

#include "controller/plan/draft.h"
#include "controller/plan/router_ids.h"

namespace fairlead::controller {

// Parameters by its pool, members by seats.h and hand_overs.h. Nobody gets a seat on an interface where
// another group has the ID: he would refuse the younger of the two, and do nothing in it. `ids` then has the
// members.
void settle(const Inputs& inputs, const Drafts& drafts, RouterIds& ids, Draft& draft);

}  // namespace fairlead::controller
