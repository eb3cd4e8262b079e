#include "node/address/interface_news.h"

#include <algorithm>
#include <utility>

namespace fairlead::address {

bool put_link(Interfaces& known, Interface link) {
  const auto before = known.find(link.index);
  if (before == known.end()) return known.emplace(link.index, std::move(link)).second;
  link.addresses = before->second.addresses;
  link.gateways = before->second.gateways;
  if (link == before->second) return false;
  before->second = std::move(link);
  return true;
}

bool put_address(Interfaces& known, int interface, const InterfaceAddress& address) {
  const auto at = known.find(interface);
  if (at == known.end()) return false;
  auto& list = at->second.addresses;
  const auto same = std::find_if(list.begin(), list.end(), [&](const InterfaceAddress& entry) {
    return entry.prefix == address.prefix;
  });
  if (same == list.end()) {
    list.push_back(address);
    return true;
  }
  if (*same == address) return false;
  *same = address;
  return true;
}

bool remove_address(Interfaces& known, int interface, const net::Prefix& prefix) {
  const auto at = known.find(interface);
  if (at == known.end()) return false;
  return std::erase_if(at->second.addresses,
                       [&](const InterfaceAddress& entry) { return entry.prefix == prefix; }) != 0;
}

}  // namespace fairlead::address
