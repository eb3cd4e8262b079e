#pragma once

#include <optional>
#include <set>
#include <string>

#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

// Which members of a group give the role up, and which leave it, by the signals of their Nodes
// (kubernetes.md 1, "Leaving a group", and 6; failure-model.md FN-25). Nobody hands over before another
// member is ready to take over, so that a VIP is never given to nobody.
namespace fairlead::controller {

struct HandOvers {
  std::set<std::string> giving_up;  // nodes whose member has handOver: true
  std::set<std::string> leaving;    // nodes that are members no more
  friend bool operator==(const HandOvers&, const HandOvers&) = default;
};

// Of an observed group, status included. By signal:
// - cordoned, network unavailable: gives up, and stays as the last resort;
// - excluded, or not selected by the demand (selects(); nullptr: not known): gives up, and leaves once it has
//   reported that it is not Master any more, or cannot report;
// - out of service: leaves at once; if its Node is NotReady, for whoever is left, ready or not.
// Who gave up does so until its signal is gone, whatever becomes of the others; where the demand waits for
// endpoints until there are some, as long as another has not given up: nobody takes back what he gave away
// with his last endpoint. Never all members leave.
HandOvers hand_overs(const Inputs& inputs, const api::VRRPGroup& group, const Demand* demand);

// Of a group that is full of members who all have a signal against them: who makes room for another node, so
// that there is somebody to hand over to. The weakest that does not say that it is Master. Nothing if some
// member has no signal against it.
std::optional<std::string> makes_room(const Inputs& inputs, const api::VRRPGroup& group,
                                      const Demand& demand);

}  // namespace fairlead::controller
