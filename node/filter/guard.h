#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "lib/net/address.h"
#include "node/plan/plan.h"

// The guard: nft table `inet fairlead` (datapath.md 5, the part that NAT over IPv4 needs). What it does:
//   raw      translated flows of a VIP that is not local now are untracked, so that no stale entry
//            collides when the VIP comes;
//   vip_in   default deny: of a VIP only the served ports, ping and path-MTU messages reach this host;
//   post     packets that IPVS forwards get the floating address as their source, ports preserved.
// VIPs with `Delegate` are not in it.
namespace fairlead::filter {

// The content of the table's sets; its chains never change. Equal values: equal sets.
struct Guard {
  std::set<plan::VirtualServerKey> ports;             // set port4: served VIP:ports, all IPv4
  std::map<net::IpAddress, net::IpAddress> floating;  // map float4; its keys are set vip4, values nat4
  bool empty() const { return ports.empty() && floating.empty(); }
  friend bool operator==(const Guard&, const Guard&) = default;
};

// The guard of these virtual servers; the floating address of each VIP is the VIP itself.
//
// REQUIRES: every address is IPv4.
Guard guard(const std::set<plan::VirtualServerKey>& servers);

// True if `guard` lets this virtual server work.
bool covers(const Guard& guard, const plan::VirtualServerKey& server);

// How many rules and set elements the table of `guard` has, to compare with what the kernel shows.
int rule_count();
int element_count(const Guard& guard);

// All texts are input for `nft -f`, one transaction each, lines in a fixed order.
// Makes the table exactly this, whatever it was before.
std::string full_text(const Guard& guard);
// The element changes from one to the other, deletions first (a changed map element needs that; it is
// one transaction); empty if they are equal.
std::string update_text(const Guard& from, const Guard& to);
// Deletes the table, whether or not it exists.
std::string remove_text();

}  // namespace fairlead::filter
