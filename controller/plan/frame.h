#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/claim.h"
#include "controller/plan/eligible.h"
#include "controller/plan/inputs.h"

// What two addresses must have in common to share a group.
namespace fairlead::controller {

struct Frame {
  net::Family family = net::Family::kIPv4;
  std::string segment;
  std::string interface;  // the pool's; empty: found by prefix
  api::PoolVrrp vrrp;
  std::set<std::string> nodes;  // eligible
  // As written: two that select the same nodes today may not do so tomorrow.
  api::LabelSelector node_selector;
  std::vector<std::string> preferred_nodes;
  // externalTrafficPolicy: Local: the nodes that are selected, those aside that cannot join just now; empty
  // while there is no endpoint. Absent: Cluster, which shares with no Local: that one's nodes change more
  // often.
  std::optional<std::set<std::string>> local_nodes;
  friend bool operator==(const Frame&, const Frame&) = default;
};

// What is asked of nodes for this address, by its pool and its VirtualIP; without local_nodes, which the
// Seating knows.
Demand demand_of(const api::AddressPool& pool, const net::IpAddress& address,
                 const api::VirtualIPSpec& virtual_ip);

// The frame of an address with these candidates, by its pool and its demand. Without a pool interface the
// segment is the covering prefix most candidates have (tie: the smallest). REQUIRES: some candidate is
// eligible.
Frame frame_of(const Inputs& inputs, const api::AddressPool& pool, const Demand& demand,
               const Candidates& candidates);

// The interface most eligible nodes have the address on (tie: the first by name).
std::string common_interface(const Candidates& candidates);

// How many groups to open for the frame before addresses share: one with Local, where there are as many
// frames as sets of nodes with endpoints, and virtual router IDs are few; else the pool's `groups`, else one
// per eligible node, at most 8.
std::size_t spread_of(const api::AddressPool& pool, const Frame& frame);

// What one advert can list (RFC 9568 section 5.2). IPv4: 255; IPv6 at an MTU of 1500: 89, and the virtual
// router's own link-local address.
std::size_t most_addresses(net::Family family);

}  // namespace fairlead::controller
