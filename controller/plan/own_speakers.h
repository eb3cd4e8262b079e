#pragma once

#include <set>

#include "controller/plan/inputs.h"
#include "controller/plan/senders.h"

namespace fairlead::controller {

// Which of the virtual routers that nodes hear are ours: a node that is, or was a short while ago, member of
// a group of that ID. It counts for foreign where it is neither: a keepalived beside our daemon is no router
// of ours. A node tells of what it has heard for ten minutes, also from what has joined or left its group, or
// from a group that is gone, meanwhile. Computed once a round.
class OwnSpeakers {
 public:
  explicit OwnSpeakers(const Inputs& inputs);
  bool contains(const api::HeardVirtualRouter& heard) const;
  const Senders& node_of() const { return node_of_; }

 private:
  Senders node_of_;
  std::set<SpeakerKey> speakers_;
};

// What is to be remembered of who has spoken for us.
Spoken spoken(const Inputs& inputs);

}  // namespace fairlead::controller
