#pragma once

#include <vector>

#include "controller/plan/inputs.h"
#include "lib/api/meta.h"

// What a controller that has just begun, be it anew or as the new leader, does not know yet: whether others
// go on undoing what it writes (FC-04), and the API server on refusing it (FC-18). Both take seconds to show.
// What the one before has said of that stands until then, so that nothing is told to be over, and told once
// more.
namespace fairlead::controller {

// True for kReadyBeforeItsPods; a round follows at the end (patience.h).
bool has_just_begun(const Inputs& inputs);

// Of the causes under Degraded in `shown`, an object's conditions, those of the kinds above whose reason is
// not among the `causes` that are known again.
std::vector<api::Condition> not_judged_again(const std::vector<api::Condition>& shown,
                                             const std::vector<api::Condition>& causes);

}  // namespace fairlead::controller
