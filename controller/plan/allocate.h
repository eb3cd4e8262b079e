#pragma once

#include <vector>

#include "controller/plan/claim.h"

// Who gets which address (kubernetes.md 1, "Allocation order"; api.md, Release: "Two VirtualIPs ask for one
// address").
namespace fairlead::controller {

// What all VirtualIPs together ask for: by name, or have already; and without saying which.
struct Demands {
  std::vector<Wish> wishes;
  std::vector<Need> needs;
};

// What is had already comes first, by precedence(). Then come those who name an address, those whose
// Service's status shows one that is free, and those who name none; of each the older first
// (creationTimestamp, then UID). A VirtualIP gets all that it asks for or nothing that it does not have
// already: who is refused something takes nothing away from whoever comes after. Who names no address gets
// the one shown before, else the lowest free one of the first pool that has one, and none that another names.
// PoolExhausted names the pools. Costs, besides what is asked for, three passes over the addresses of a pool
// that are given away.
Claims allocate(const Ground& ground, const Demands& demands);

}  // namespace fairlead::controller
