#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/eligible.h"
#include "controller/plan/frame.h"
#include "controller/plan/holdings.h"
#include "controller/plan/inputs.h"
#include "controller/plan/release.h"
#include "controller/plan/seating.h"

// One VRRPGroup on its way from what is observed to what is wanted; place.h says by which rules.
namespace fairlead::controller {

struct Draft {
  api::VRRPGroup group;
  bool existed = false;
  bool unreadable = false;        // its newest version is: nothing is written of it, so that nobody comes in
  std::set<std::string> holders;  // as observed
  std::vector<Release> releases;
  const api::AddressPool* pool = nullptr;  // nullptr: it is not known, keep parameters
  Demand demand;                           // by which the group lives; of an address of that pool
  Candidates candidates;
  std::optional<Frame> frame;  // unset: nothing may join
  // Name of the group of the same VirtualIP of the other family, if there is one. The IPv6 group chooses its
  // nodes by the IPv4 group's name, so that both choose the same.
  std::string sister;
};
using Drafts = std::map<std::string, Draft>;  // by name of the group

// Of the VirtualIP that wishes.
const api::VirtualIPSpec& spec_of(const Inputs& inputs, const Wish& wish);

// Addresses that are nobody's (owners_in): not ours to touch.
bool made_by_hand(const Inputs& inputs, const api::VRRPGroup& group);

// The observed group without the addresses that lost their holder, or that are to be held by other nodes than
// it is (noted as releases), and by whose rules it lives: candidates, frame, as most of its addresses say
// (tie: those whose rules its members meet, then the first), and the pool of the oldest VirtualIP of those
// who stay.
Draft draft_of(const Inputs& inputs, const Seating& seating, const std::map<net::IpAddress, Holding>& held,
               const api::VRRPGroup& observed);

// Labels and the note of releases; uid, resourceVersion and generation stay those observed.
void write_metadata(const Inputs& inputs, Draft& draft);

}  // namespace fairlead::controller
