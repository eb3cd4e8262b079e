#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/address/interface.h"

// rtnetlink messages as values and back (libnl builds and walks the attributes). Used by addresses.cc and
// network.cc; every length is the kernel's and checked all the same.
namespace fairlead::kernel {

// An address to add or to renew.
struct Hold {
  int interface = 0;
  net::IpAddress address;
  Seconds lifetime{1};
  std::string label;  // IPv4: the mark of ownership where the kernel forgets the tag; empty: none
};
// RTM_NEWADDR with replace and echo: host prefix, valid for the lifetime, preferred 0, our tag, no prefix
// route, no duplicate address detection. A renewal says all of it again, since IPv6 takes what is not said as
// off.
void append_hold(net::Bytes& batch, std::uint32_t sequence, const Hold& hold);
// RTM_GETADDR of one IPv6 address: the answer is its RTM_NEWADDR, or EADDRNOTAVAIL. (IPv4 has no such
// lookup.)
void append_lookup(net::Bytes& batch, std::uint32_t sequence, int interface, const net::IpAddress& address);
// RTM_DELADDR of that host address.
void append_release(net::Bytes& batch, std::uint32_t sequence, int interface, const net::IpAddress& address);
// Makes the last message of the batch ask for an acknowledgement. REQUIRES: the batch is not empty, and
// its last message starts at `at`.
void acknowledge(net::Bytes& batch, std::size_t at);

// Without addresses and gateways.
std::optional<address::Interface> read_link(const nlmsghdr& message);

// The label of our IPv4 addresses on that interface where the kernel forgets the tag: "eth0:fl". A label has
// at most 15 characters; of a longer name the first 12 stand.
std::string owner_label(const std::string& interface);

struct AddressMessage {
  int interface = 0;
  address::InterfaceAddress address;  // ours by the tag, or by such a label
  bool tagged = false;
  bool created = false;  // IPv4: its creation stamp is that of its last update
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
