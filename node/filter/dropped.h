#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "lib/net/address.h"

// What the guard drops, by the counters of its table.
namespace fairlead::filter {

enum class DropReason {
  kSourceRange,  // from a client outside of the virtual server's source ranges
  kClosedPort,   // to a port of a VIP that is not served, or that belongs to no connection
};

struct DropCause {
  DropReason reason;
  net::Family family;
  friend auto operator<=>(const DropCause&, const DropCause&) = default;
};

// Packets by cause.
using Dropped = std::map<DropCause, std::uint64_t>;

// `counters`: packets by the names in the guard's text. What is not there counts as 0, others are passed
// over.
Dropped dropped(const std::map<std::string, std::uint64_t>& counters);
// What has been dropped since. A counter that is less than it was began anew: its table was replaced.
Dropped dropped_since(const Dropped& before, const Dropped& now);

}  // namespace fairlead::filter
