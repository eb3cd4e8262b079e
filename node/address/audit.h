#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "node/address/interface.h"

// What the interfaces hold against what they should hold. Decides; changes nothing.
namespace fairlead::address {

// An address on an interface.
struct Placement {
  int interface = 0;
  net::IpAddress address;
  friend auto operator<=>(const Placement&, const Placement&) = default;
};

// Every address that should be there, with the lifetime to give it.
using Desired = std::map<Placement, Seconds>;
using Interfaces = std::map<int, Interface>;

struct Audit {
  std::vector<Placement> missing;  // desired, and not there: put back
  std::vector<Placement> lasting;  // ours and desired, but valid for ever: renew, which ends that
  std::vector<Placement> surplus;  // ours, and not desired: remove
  // Desired and there, whoever put it there, but of no use: the kernel found that another node has it
  // (duplicate address detection). Remove and put back: who has it the election says, not the kernel.
  std::vector<Placement> duplicate;
  friend bool operator==(const Audit&, const Audit&) = default;
};

// Compares; each list in order. Addresses without our tag are never in `surplus`.
Audit audit(const Interfaces& actual, const Desired& desired);

// Marks as ours what a kernel that forgets our tag shows without it: of the addresses `known` to be ours
// those that are there as we put them, each a host prefix of limited validity and no longer preferred.
void mark_ours(Interfaces& interfaces, const std::set<net::IpAddress>& known);

// Addresses an earlier run left, to be removed before any group starts: those with our tag, and those the
// checkpoint names (`owned`) whose validity is limited. A lasting one is somebody else's by now.
std::vector<Placement> leftovers(const Interfaces& actual, const std::set<net::IpAddress>& owned);

// The addresses that somebody else configured, and on which interface, by its name; the first, if there are
// several. Such an address is never taken over (FN-34).
std::map<net::IpAddress, std::string> foreign_holders(const Interfaces& actual);

// Every address with our tag, wherever it is.
std::set<net::IpAddress> ours(const Interfaces& actual);

// The interface of that name; nothing if there is none.
const Interface* find_interface(const Interfaces& actual, const std::string& name);

// IPvX_Source: the first IPv4 address that the interface has as primary and that is not ours; of IPv6 its
// first link-local address that is not ours (RFC 9568 sections 5.1.1.1 and 5.1.2.1). A secondary one only
// where there is no primary: the kernel tells that the old one is gone before it tells which is primary now.
// And a virtual one, listed in adverts or excluded from them, which somebody else configured, only where
// there is nothing else: whoever else holds it takes our adverts for its own.
std::optional<net::IpAddress> primary_address(const Interface& interface, net::Family family,
                                              const std::set<net::IpAddress>& listed,
                                              const std::set<net::IpAddress>& excluded);

}  // namespace fairlead::address
