#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/address/interface.h"

// rtnetlink messages as values and back (libnl builds and walks the attributes). Used by addresses.cc and
// network.cc; every length is the kernel's and checked all the same.
namespace fairlead::kernel {

// RTM_NEWADDR with replace and echo: host prefix, valid for `lifetime`, preferred 0, our tag, no prefix
// route, no duplicate address detection.
void append_hold(net::Bytes& batch, std::uint32_t sequence, int interface, const net::IpAddress& address,
                 Seconds lifetime);
// RTM_DELADDR of that host address.
void append_release(net::Bytes& batch, std::uint32_t sequence, int interface, const net::IpAddress& address);
// Makes the last message of the batch ask for an acknowledgement. REQUIRES: the batch is not empty, and
// its last message starts at `at`.
void acknowledge(net::Bytes& batch, std::size_t at);

// Without addresses and gateways.
std::optional<address::Interface> read_link(const nlmsghdr& message);

struct AddressMessage {
  int interface = 0;
  address::InterfaceAddress address;
  bool created = false;  // its creation stamp is that of its last update
  // Of an address that is not lasting: the stamp of its last update (tick_clock.h), and the whole seconds,
  // rounded up, for which it is still valid.
  std::uint32_t updated = 0;
  std::uint32_t valid_for = 0;
};
std::optional<AddressMessage> read_address(const nlmsghdr& message);

struct DefaultRoute {
  int interface = 0;
  net::IpAddress gateway;
};
// The next hops of a default route of the main table; empty for any other route.
std::vector<DefaultRoute> read_default_route(const nlmsghdr& message);
bool is_default_route(const nlmsghdr& message);

}  // namespace fairlead::kernel
