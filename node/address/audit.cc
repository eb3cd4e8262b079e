#include "node/address/audit.h"

#include <algorithm>

namespace fairlead::address {

Audit audit(const Interfaces& actual, const Desired& desired) {
  Audit out;
  std::set<Placement> present;
  for (const auto& [index, interface] : actual) {
    for (const InterfaceAddress& entry : interface.addresses) {
      const Placement placement{index, entry.prefix.address};
      const bool wanted = desired.contains(placement);
      // The kernel tells nobody when we make one of these ours, so its mark says nothing.
      if (wanted && entry.dad_failed) {
        present.insert(placement);
        out.duplicate.push_back(placement);
      }
      if (!entry.ours) continue;
      present.insert(placement);
      if (!wanted) {
        out.surplus.push_back(placement);
      } else if (entry.lasting && !entry.dad_failed) {
        out.lasting.push_back(placement);
      }
    }
  }
  for (const auto& [placement, lifetime] : desired) {
    if (!present.contains(placement)) out.missing.push_back(placement);
  }
  std::sort(out.surplus.begin(), out.surplus.end());
  std::sort(out.lasting.begin(), out.lasting.end());
  std::sort(out.duplicate.begin(), out.duplicate.end());
  return out;
}

void mark_ours(Interfaces& interfaces, const std::set<net::IpAddress>& known) {
  for (auto& [index, interface] : interfaces) {
    for (InterfaceAddress& entry : interface.addresses) {
      if (entry.prefix.length == entry.prefix.address.bits() && !entry.lasting && entry.deprecated &&
          known.contains(entry.prefix.address)) {
        entry.ours = true;
      }
    }
  }
}

std::vector<Placement> leftovers(const Interfaces& actual, const std::set<net::IpAddress>& owned) {
  std::vector<Placement> out;
  for (const auto& [index, interface] : actual) {
    for (const InterfaceAddress& entry : interface.addresses) {
      if (entry.ours || (owned.contains(entry.prefix.address) && !entry.lasting)) {
        out.push_back({index, entry.prefix.address});
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::map<net::IpAddress, std::string> foreign_holders(const Interfaces& actual) {
  std::map<net::IpAddress, std::string> out;
  for (const auto& [index, interface] : actual) {
    for (const InterfaceAddress& entry : interface.addresses) {
      if (!entry.ours) out.emplace(entry.prefix.address, interface.name);
    }
  }
  return out;
}

std::set<net::IpAddress> ours(const Interfaces& actual) {
  std::set<net::IpAddress> out;
  for (const auto& [index, interface] : actual) {
    for (const InterfaceAddress& entry : interface.addresses) {
      if (entry.ours) out.insert(entry.prefix.address);
    }
  }
  return out;
}

const Interface* find_interface(const Interfaces& actual, const std::string& name) {
  for (const auto& [index, interface] : actual) {
    if (interface.name == name) return &interface;
  }
  return nullptr;
}

std::optional<net::IpAddress> primary_address(const Interface& interface, net::Family family,
                                              const std::set<net::IpAddress>& listed,
                                              const std::set<net::IpAddress>& excluded) {
  std::optional<net::IpAddress> best;
  int best_rank = 0;
  for (const InterfaceAddress& entry : interface.addresses) {
    const net::IpAddress& address = entry.prefix.address;
    const bool usable = address.is_v4() ? entry.global : address.is_link_local() && !entry.tentative;
    if (address.family() != family || entry.ours || !usable) continue;
    const bool is_virtual = listed.contains(address) || excluded.contains(address);
    const int rank = (is_virtual ? 2 : 0) + (entry.secondary ? 1 : 0);
    if (best && rank >= best_rank) continue;
    best = address;
    best_rank = rank;
  }
  return best;
}

}  // namespace fairlead::address
