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
  bool claimed = false;                              // else its claim is to be made
  std::string named;                                 // the group that its claim names; empty: none
};

// Each puts the address into the draft that it returns. `fresh` is what a group for it alone would be: pool,
// demand, candidates, frame, sister.

// REQUIRES: fresh.frame. The group that its claim names, made if it is not there; nullptr if it cannot take
// it in (any more).
Draft* named_group(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, RouterIds& ids,
                   Drafts& drafts);

// REQUIRES: fresh.frame. A new group until as many exist for the frame as the pool says, then the one with
// the fewest addresses; another one if it must; nullptr if there is none.
Draft* group_for(const Inputs& inputs, const Newcomer& newcomer, Draft fresh, RouterIds& ids, Drafts& drafts);

// An address that nodes may hold yet: the group that it has left, if that is one and the right one again, for
// these are the group's own nodes, and whoever is its master has it. Otherwise nullptr: it waits until they
// have let go. Changes nothing; then come_back().
Draft* former_group(const Newcomer& newcomer, const Draft& fresh, Drafts& drafts);
void come_back(const Inputs& inputs, const Newcomer& newcomer, const Draft& fresh, Draft& former);

}  // namespace fairlead::controller
