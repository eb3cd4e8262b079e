#pragma once

#include <string>

#include "node/filter/guard.h"

// The guard as text: input for `nft -f`, one transaction each, lines in a fixed order.
namespace fairlead::filter {

// How many rules and set elements the table of `guard` has, to compare with what the kernel shows.
int rule_count();
int element_count(const Guard& guard);

// Makes the table exactly this, whatever it was before.
std::string full_text(const Guard& guard);
// The element changes from one to the other, deletions first (a changed map element needs that; it is
// one transaction); empty if they are equal.
std::string update_text(const Guard& from, const Guard& to);
// Deletes the table, whether or not it exists.
std::string remove_text();

}  // namespace fairlead::filter
