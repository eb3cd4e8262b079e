#pragma once

#include <vector>

#include "lib/api/meta.h"

// What a controller that has just begun, be it anew or as the new leader, does not know yet: whether others
// go on undoing what it writes (FC-04), and the API server on refusing it (FC-18). Both take seconds to show.
// What the one before has said of that stands until then, so that nothing is told to be over, and told once
// more.
namespace fairlead::controller {

// Adds to the causes that are known again those of the kinds above that `shown`, an object's conditions, has
// under Degraded and whose reason is not among them. True if there are any.
bool keep_unjudged(const std::vector<api::Condition>& shown, std::vector<api::Condition>& causes);

}  // namespace fairlead::controller
