#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/draft.h"
#include "controller/plan/router_ids.h"

// How an address comes into a group (place.h).
namespace fairlead::controller {

// An address that comes into a group: asked for by `wish`, and owned by all who share it.
struct Newcomer {
  Wish wish;
  std::vector<api::AddressOwner> owners;
  std::optional<std::set<std::string>> local_nodes;  // as in Demand
  bool released = false;                             // nodes may hold it yet for a group that it left
};

// REQUIRES: fresh.frame. The group that takes it in, another one if it must; nullptr if there is none.
Draft* group_for(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, RouterIds& ids, Drafts& drafts);

// An address that nodes may hold yet comes back into the group that it has left, if it is of one and that is
// the right one again: these are the group's own nodes, and whoever is its master has it. Otherwise it waits
// until they have let go.
const Draft* come_back(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, Drafts& drafts);

}  // namespace fairlead::controller
