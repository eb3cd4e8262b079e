#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

// Which nodes are members of one group, with which priority and interface (api.md, "Who is a member").
namespace fairlead::controller {

inline constexpr std::chrono::minutes kMissingBeforeReplaced{10};

// One group that needs its members settled.
struct Table {
  std::string group;  // whose name the hash is of
  std::vector<api::GroupMember> incumbents;
  Candidates candidates;            // of the group's first address
  Demand demand;                    // the same
  Milliseconds skew_interval{250};  // priorities.h
  std::string interface;            // of the group; members elsewhere carry their own
  // New groups only: nodes in the order of their ranks, strongest first, before seats are given.
  std::vector<std::string> rotation;
};

// Sorted by node. Incumbents stay; one whose Node object is gone leaves, one whose interface or prefix has
// been missing for 10 min is replaced if another eligible node stands outside; never the last. A Node made
// again under its old name keeps the seat and the priority, with the new UID (FC-15). Free seats go by
// rendezvous hash of (group, node UID), preferred nodes first. Where some are preferred, they have the
// highest priorities in their order: all are renumbered as soon as that is not so, the others keeping theirs.
std::vector<api::GroupMember> seats(const Inputs& inputs, const Table& table);

// True if the member's interface or its prefix for the address is absent from its NodeReport. A node without
// a report counts as present: nothing is known against it.
bool interface_missing(const Inputs& inputs, const api::GroupMember& member, const Demand& demand);

}  // namespace fairlead::controller
