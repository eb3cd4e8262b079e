#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/plan/validate.h"

// One address, one holder (api.md, Release: "Two VirtualIPs ask for one address").
namespace fairlead::controller {

struct Claims {
  // The first has had it longest, or is the oldest; the others share it with him. Never empty.
  std::map<net::IpAddress, std::vector<Wish>> granted;
  // AddressInUse, SharingConflict, PoolExhausted; the message names the holder.
  std::map<api::ObjectKey, Refusal> refused;
};

// How one address stands: who may have it without asking anybody, in this order, and what the others are
// told if it is none of those. Both empty: nobody has it, and it is his who comes first.
struct Precedence {
  std::vector<api::AddressOwner> first;
  std::string why;
};

// Whoever has the address in a group keeps it as long as it exists, asks for it and is not being deleted;
// then who holds its AddressClaim. A claim of which every holder is gone goes, and whoever comes next waits
// for it, without a refusal. An address that some node may still hold is nobody's, unless it moves from one
// group to another, and one whose group and claim name two that both exist changes hands to neither.
Precedence precedence(const Ground& ground, const net::IpAddress& address);

// Why `wish` may not have its address beside those to whom it is granted already; nothing if it may: others
// have it, too, as far as sharing.h lets them.
std::optional<Refusal> refuse(const Ground& ground, const Precedence& order, const Claims& claims,
                              const Wish& wish);

}  // namespace fairlead::controller
