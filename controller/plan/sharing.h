#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/plan/validate.h"

namespace fairlead::controller {

// How many may share an address: as many owners as a VRRPGroup lists of one.
inline constexpr std::size_t kMostSharers = 16;

// Why `wish` may not have the address together with `there`, one at least; nothing if it may: all have the
// same sharingKey, which is also that of the claim (nullptr: there is none yet), the same forwarding, and
// ports of which no two are alike (port, protocol). AddressInUse where the keys differ, else SharingConflict.
std::optional<Refusal> refuse_sharing(const Inputs& inputs, const std::vector<Wish>& there,
                                      const api::AddressClaim* claim, const Wish& wish);

}  // namespace fairlead::controller
