#pragma once

#include <map>
#include <set>
#include <string>

#include "node/filter/guard.h"

namespace fairlead::filter {

// The elements of each set and map of the guard's table, by its name, as nft writes them.
using Elements = std::map<std::string, std::set<std::string>>;

Elements elements(const Guard& guard);
// What is in `a` and not in `b`.
Elements without(const Elements& a, const Elements& b);

}  // namespace fairlead::filter
