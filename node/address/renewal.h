#pragma once

#include <map>
#include <optional>
#include <vector>

#include "lib/base/time.h"
#include "node/address/audit.h"

namespace fairlead::address {

// What the kernel remembers of an address's last renewal.
struct Renewal {
  Microseconds age{0};   // how long ago it was; up to 20 ms less
  Seconds remaining{0};  // of the lifetime that it gave; rounded up
  friend bool operator==(const Renewal&, const Renewal&) = default;
};
using Renewals = std::map<Placement, Renewal>;

// FN-01: for how long from now a group may go on as Active where an earlier run of the daemon left it, its
// addresses renewed as told in `left`; nothing if it must begin anew. It may while the oldest renewal is
// younger than the lifetime, and nobody else can be Active: as if the daemon had been frozen since then
// (judge()). `lifetime`, `a` and `adi_min` are those of the plan; addresses with another lifetime were put
// there by another plan.
std::optional<Microseconds> resumable_for(const std::vector<Renewal>& left, Seconds lifetime, Microseconds a,
                                          Microseconds adi_min);

}  // namespace fairlead::address
