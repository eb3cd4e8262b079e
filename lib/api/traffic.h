#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "lib/net/prefix.h"

// How a virtual server's traffic is spread over its real servers, limited and carried (api.md, VirtualIP
// `schedulerFlags` to `tunnel`; datapath.md 4). A VirtualIP says it once for all of its virtual servers.
namespace fairlead::api {

// What a hashing scheduler looks at besides the client's address. Each is of the scheduler in its name.
struct SchedulerFlags {
  bool sh_port = false;  // the client's port
  bool mh_port = false;
  friend bool operator==(const SchedulerFlags&, const SchedulerFlags&) = default;
};

// A client comes back to the real server that it had.
struct Persistence {
  Seconds timeout{0};  // 1..86400: from its last new connection, and while one is open
  // Clients within one such prefix count as one: 1..32 of an IPv4 address, 1..128 of an IPv6 one. Absent:
  // each counts for itself.
  std::optional<int> prefix_length;
  friend bool operator==(const Persistence&, const Persistence&) = default;
};

// What is wrong with such a prefix length for virtual addresses of these families, for people. Absent:
// nothing, or (none) they are not known yet.
std::optional<std::string> prefix_length_problem(int length, const std::set<net::Family>& families);

// Connections to one real server from one node, closing ones among them. 0..2^31-1, lower <= upper.
struct ConnectionLimits {
  std::int32_t upper = 0;  // it gets no more once it has these; 0: no limit
  std::int32_t lower = 0;  // below this it gets some again; 0: below three quarters of upper
  friend bool operator==(const ConnectionLimits&, const ConnectionLimits&) = default;
};

enum class TunnelType { kIpip, kGue, kGre };
std::string_view to_string(TunnelType type);  // "ipip", "gue", "gre"

struct Tunnel {
  TunnelType type = TunnelType::kIpip;
  net::Port port{6080};  // of gue
  friend bool operator==(const Tunnel&, const Tunnel&) = default;
};

// The defaults are those of the schema.
struct Traffic {
  SchedulerFlags scheduler_flags;
  std::optional<Persistence> persistence;  // absent: each connection is scheduled by itself
  // Clients outside of these are dropped; empty: none is. As written, host bits and order too.
  std::vector<net::Prefix> source_ranges;
  ConnectionLimits connection_limits;
  bool one_packet = false;  // each packet is scheduled by itself. UDP with DirectRouting or Tunnel only
  Seconds drain{300};       // 0..86400: a removed server keeps its connections this long
  Tunnel tunnel;            // with forwarding Tunnel only
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

}  // namespace fairlead::api
