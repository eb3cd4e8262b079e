#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"
#include "lib/net/endpoint.h"
#include "lib/net/prefix.h"

// What the kernel has on its interfaces, as values.
namespace fairlead::address {

// One address on an interface.
struct InterfaceAddress {
  net::Prefix prefix;
  bool ours = false;        // carries our tag
  bool lasting = true;      // valid for ever; ours never are
  bool global = true;       // scope global
  bool secondary = false;   // not the interface's primary address of its subnet
  bool deprecated = false;  // preferred lifetime 0; ours always are
  bool tentative = false;   // IPv6: duplicate address detection runs, or has failed; not to be sent from
  bool dad_failed =
      false;  // IPv6: it has failed: another node has the address, and the kernel does not use it
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

struct Interface {
  int index = 0;
  std::string name;
  int mtu = 0;
  bool up = false;  // administratively up with carrier
  // How often the carrier came or went, as the kernel counts: tells of a loss too short to be seen.
  std::uint32_t carrier_changes = 0;
  bool arp = true;      // speaks ARP (Ethernet-like, not NOARP or loopback)
  int active_port = 0;  // of a bond with one port in use: that port's index; else 0
  net::MacAddress mac;
  bool routes_ipv6 = false;                 // forwards IPv6: hosts may use it as their router
  std::vector<InterfaceAddress> addresses;  // in the kernel's order
  std::vector<net::IpAddress> gateways;     // of default routes over this interface, ascending
  friend bool operator==(const Interface&, const Interface&) = default;
};

}  // namespace fairlead::address
