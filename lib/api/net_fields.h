#pragma once

#include <string>
#include <vector>

#include "lib/api/json_view.h"
#include "lib/net/address.h"
#include "lib/net/endpoint.h"
#include "lib/net/prefix.h"

// Internal to lib/api: fields that hold addresses, ports and names of interfaces. As for JsonView::read:
// absent is no problem and changes nothing. True if a value was read.
namespace fairlead::api {

bool read_address(const JsonView& view, net::IpAddress& out);
// Neither loopback, multicast, unspecified, broadcast nor IPv4-mapped (api.md, VirtualIP addresses).
bool read_virtual_address(const JsonView& view, net::IpAddress& out);
// Neither multicast, unspecified, broadcast nor IPv4-mapped; over IPv6 not link-local, which leads nowhere
// without the interface that no field names.
bool read_server_address(const JsonView& view, net::IpAddress& out);
bool read_prefix(const JsonView& view, net::Prefix& out);
void read_prefixes(const JsonView& view, std::size_t max, std::vector<net::Prefix>& out);
// low..65535.
bool read_port(const JsonView& view, int low, net::Port& out);
void read_protocol(const JsonView& view, net::Protocol& out);
void read_family(const JsonView& view, net::Family& out);
// 1..15 bytes, neither slash nor white space, as the kernel's dev_valid_name asks.
void read_interface(const JsonView& view, std::string& out);

}  // namespace fairlead::api
