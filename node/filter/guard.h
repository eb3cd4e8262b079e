#pragma once

#include <map>
#include <optional>
#include <set>

#include "lib/net/address.h"
#include "node/filter/clients.h"
#include "node/plan/plan.h"

// The guard: nft table `inet fairlead` (datapath.md 5, the part that NAT and DirectRouting to machines
// need), with the same sets and rules for either family. What it does:
//   raw      translated flows of a VIP that is not local now are untracked, so that no stale entry
//            collides when the VIP comes;
//   vip_in   default deny: of a VIP only the served ports, ping and path-MTU messages reach this host, and of
//            a served port with source ranges only clients within them, packet by packet;
//   post     packets that IPVS forwards by NAT get the floating address as their source, ports preserved;
//   self_*   a client on a host that does not hold the VIP is balanced there, by IPVS in its output. If
//            the server is this very host, IPVS keeps the route of the VIP, and the packet would go out to
//            ask for an address of our own. A chain of type route looks for the route again where the mark
//            has changed: self_out, behind IPVS (-98), changes it, self_mark changes it back.
// A VIP with `DirectRouting` is in vip_in alone: its packets keep the client's address, and its replies do
// not come through here. VIPs with `Delegate` are not in it.
namespace fairlead::filter {

// The content of the table's sets; its chains never change. Equal values: equal sets.
struct Guard {
  std::set<plan::VirtualServerKey> ports;  // sets port4 and port6: served VIP:ports
  // Maps float4 and float6, to addresses of the same family; keys are in vip4 and vip6, values in nat4, nat6.
  std::map<net::IpAddress, net::IpAddress> floating;
  std::set<net::IpAddress> direct;  // in vip4 and vip6, and in nothing else
  // In limited4 and limited6, with their clients in allow4 and allow6. All are in `ports`, too.
  std::map<plan::VirtualServerKey, Clients> limited;
  bool empty() const { return ports.empty() && floating.empty() && direct.empty(); }
  friend bool operator==(const Guard&, const Guard&) = default;
};

// How packets leave for the real servers.
enum class Route { kMasqueraded, kDirect };

// How packets of one virtual server pass.
struct Passage {
  Route route = Route::kMasqueraded;
  std::optional<Clients> clients{};  // who may connect; absent: all
  friend bool operator==(const Passage&, const Passage&) = default;
};

// The guard of these virtual servers; the floating address of each masqueraded VIP is the VIP itself.
//
// REQUIRES: virtual servers of one address have one route; clients are of its family.
Guard guard(const std::map<plan::VirtualServerKey, Passage>& servers);

// True if `guard` lets this virtual server work, for its clients and nobody else.
bool covers(const Guard& guard, const plan::VirtualServerKey& server, const Passage& passage);
// The clients of a virtual server that is in `guard`; nullopt: all.
std::optional<Clients> clients_of(const Guard& guard, const plan::VirtualServerKey& server);

}  // namespace fairlead::filter
