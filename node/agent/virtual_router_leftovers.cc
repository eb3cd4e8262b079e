#include "node/agent/virtual_router_leftovers.h"

#include "lib/sys/log.h"

namespace fairlead::agent {

ByInterface by_interface(const std::vector<address::Placement>& placements) {
  ByInterface out;
  for (const address::Placement& placement : placements) {
    out[placement.interface].push_back(placement.address);
  }
  return out;
}

bool Leftovers::release(int interface, const std::vector<net::IpAddress>& addresses) {
  const auto released = addresses_.release(interface, addresses);
  if (released) {
    unreleased_.erase(interface);
    return true;
  }
  std::string& noted = unreleased_[interface];
  if (noted == released.error().message) return false;
  noted = released.error().message;
  sys::log(sys::LogLevel::kError, "vrrp.leftovers_stay",
           {{"interface", std::to_string(interface)}, {"error", noted}});
  return false;
}

void Leftovers::forget_all_but(const ByInterface& surplus) {
  std::erase_if(unreleased_, [&](const auto& entry) { return !surplus.contains(entry.first); });
}

}  // namespace fairlead::agent
