#pragma once

#include <map>
#include <set>
#include <string>

#include "node/filter/guard.h"

// Virtual servers and guards of them.
namespace fairlead::filter::testing {

inline plan::VirtualServerKey key(const std::string& address, int port, net::Protocol protocol) {
  return {*net::parse_address(address), protocol, *net::make_port(port)};
}
inline plan::VirtualServerKey web() { return key("192.0.2.100", 80, net::Protocol::kTcp); }
inline plan::VirtualServerKey dns() { return key("192.0.2.101", 53, net::Protocol::kUdp); }
inline plan::VirtualServerKey six() { return key("2001:db8::100", 443, net::Protocol::kTcp); }

// Masqueraded ones.
inline Guard guard(const std::set<plan::VirtualServerKey>& servers) {
  std::map<plan::VirtualServerKey, Passage> passages;
  for (const auto& one : servers) passages.emplace(one, Passage{});
  return filter::guard(passages);
}

}  // namespace fairlead::filter::testing
