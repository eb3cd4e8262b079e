#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/plan/claim.h"

namespace fairlead::controller {

// What place() is to do: who has which address, and who is left as he is.
struct Seating {
  Claims claims;
  std::set<std::string> frozen;   // UIDs of VirtualIPs whose present addresses stay as they are
  std::set<std::string> unready;  // UIDs that may not be placed yet: their finalizer is not written (K-30)
  // Granted, and not among the holders of the claim as cached: not placed before (kubernetes.md 3); and what
  // these VirtualIPs, by UID, have meanwhile they keep.
  std::set<std::pair<net::IpAddress, std::string>> unclaimed;
  std::set<std::string> moving;
  // Addresses with a claim -> the VRRPGroup that it names, of those that name one: no other takes it in.
  std::map<net::IpAddress, std::string> named;
  // Of addresses with externalTrafficPolicy Local: the nodes with an endpoint of the Service, none if there
  // is no endpoint (Demand::local_nodes).
  std::map<net::IpAddress, std::set<std::string>> local_nodes;
};

// What the endpoints of the Services behind granted addresses ask of nodes. Of several Services that share an
// address the nodes that have endpoints of all; if there are none, of the first.
void note_local_nodes(const Ground& ground, Seating& seating);
std::optional<std::set<std::string>> local_nodes_of(const Seating& seating, const net::IpAddress& address);

// Those who were granted the address; none if nobody was.
const std::vector<Wish>& granted(const Seating& seating, const net::IpAddress& address);

// The owners that an address of a group should have: of those it has who stay, then those who may be placed
// and are not among them. None: it leaves the group.
std::vector<api::AddressOwner> owners_of(const Seating& seating, const api::GroupAddress& observed);

// The owner of an address that has no claim yet: whoever the claim is to be made for. None: nobody.
std::vector<api::AddressOwner> owner_to_be(const Seating& seating, const net::IpAddress& address);

}  // namespace fairlead::controller
