#pragma once

#include <optional>
#include <set>
#include <vector>

#include "lib/net/prefix.h"

namespace fairlead::filter {

// Who may connect: whole networks of one family, none within another. None at all: nobody may.
using Clients = std::set<net::Prefix>;

// Those of `ranges` that are of that family: what clients of a VIP of it may be (api.md, `sourceRanges`).
// nullopt: all may, since there are no ranges, or one of them is the whole family. Where all ranges are of
// the other family nobody may.
std::optional<Clients> clients_within(const std::vector<net::Prefix>& ranges, net::Family family);

}  // namespace fairlead::filter
