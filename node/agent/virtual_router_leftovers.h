#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/address/audit.h"
#include "node/kernel/addresses.h"

namespace fairlead::agent {

using ByInterface = std::map<int, std::vector<net::IpAddress>>;
ByInterface by_interface(const std::vector<address::Placement>& placements);

// Addresses that are ours and belong to no router: what an earlier run left, and what could not be removed
// when its router ended. vrrp thread only.
class Leftovers {
 public:
  // The parameter must outlive this.
  explicit Leftovers(kernel::Addresses& addresses) : addresses_(addresses) {}

  // False if the kernel did not acknowledge it, which is logged once per interface and reason.
  bool release(int interface, const std::vector<net::IpAddress>& addresses);
  // Of interfaces without such addresses nothing is remembered.
  void forget_all_but(const ByInterface& surplus);

 private:
  kernel::Addresses& addresses_;
  std::map<int, std::string> unreleased_;  // interface -> why they are still there, as logged
};

}  // namespace fairlead::agent
