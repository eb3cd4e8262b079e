#pragma once

#include <cstddef>
#include <set>

#include "node/agent/forwarding_table.h"

namespace fairlead::agent {

// What connection tracking still has to forget, or connections would go past IPVS for as long as they live
// (datapath.md 5). A value.
struct Unforgotten {
  std::set<ipvs::Server> servers;  // of UDP, gone from IPVS: clients that go on sending would stay with them
  std::set<ipvs::Key> services;    // new ones: what others translated of them before (kube-proxy) comes first
  friend bool operator==(const Unforgotten&, const Unforgotten&) = default;
};

// As many real servers as a node may have (P-13). Where that many could not be forgotten, those that go then
// are let be.
inline constexpr std::size_t kMostUnforgotten = 100'000;

// After that pass. What is back is not to be forgotten, and of a service that was repaired there is nothing:
// while it was served here nobody else translated it.
Unforgotten after_pass(Unforgotten before, const TablePass& pass);

}  // namespace fairlead::agent
