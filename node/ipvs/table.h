#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/base/strong.h"
#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "node/plan/plan.h"

// The kernel's IPVS table of one network namespace as a value (datapath.md 4). Services named by a
// firewall mark, and protocols other than TCP, UDP and SCTP, are never ours and do not appear.
namespace fairlead::ipvs {

using Key = plan::VirtualServerKey;

// The kernel's u32 weight; ours are 0..65535, but others may have written anything.
using Weight = Strong<struct DestinationWeightTag, std::uint32_t>;

// Service flags, as in <linux/ip_vs.h>. The kernel's own "hashed" (2) is stripped when reading.
using Flags = Strong<struct ServiceFlagsTag, std::uint32_t>;
inline constexpr Flags kNoFlags{0};
inline constexpr Flags kPersistent{1};
inline constexpr Flags kOnePacket{4};
// sh-fallback and mh-fallback: a server with weight 0 is passed over instead of refused (T55).
inline constexpr Flags kHashFallback{8};
// sh-port and mh-port: the client's port is hashed, too.
inline constexpr Flags kHashPort{16};
constexpr Flags operator|(Flags one, Flags other) { return Flags{one.value() | other.value()}; }

// The netlink attribute NETMASK: an IPv4 mask as the kernel's be32 read as four bytes in order, or an
// IPv6 prefix length.
using Netmask = Strong<struct NetmaskTag, std::uint32_t>;
inline constexpr Netmask kIPv4Host{0xffffffffU};
inline constexpr Netmask kIPv6Host{128};
// REQUIRES: length is 1..32, or 1..128.
constexpr Netmask make_netmask(net::Family family, int length) {
  const auto bits = static_cast<std::uint32_t>(length);
  return family == net::Family::kIPv4 ? Netmask{0xffffffffU << (32U - bits)} : Netmask{bits};
}

// How packets reach a real server; the values are the kernel's.
enum class Method : std::uint32_t {
  kMasquerade = 0,
  kLocal = 1,  // the kernel's own choice when the destination is an address of this host
  kTunnel = 2,
  kDirectRouting = 3,
};

struct Service {
  std::string scheduler = "wlc";
  Flags flags = kNoFlags;
  Seconds persistence_timeout{0};
  Netmask netmask = kIPv4Host;
  std::string persistence_engine;
  friend bool operator==(const Service&, const Service&) = default;
};

struct Destination {
  Method method = Method::kMasquerade;
  Weight weight{1};
  std::uint32_t upper_threshold = 0;  // connections; 0: no limit
  std::uint32_t lower_threshold = 0;
  friend bool operator==(const Destination&, const Destination&) = default;
};

using Destinations = std::map<net::Endpoint, Destination>;

// What the kernel counts of a destination (datapath.md 4).
struct Connections {
  std::uint32_t active = 0;
  std::uint32_t inactive = 0;    // TCP that is closing, and every one of UDP
  std::uint32_t persistent = 0;  // clients that are bound to it
  friend bool operator==(const Connections&, const Connections&) = default;
};
bool is_idle(const Connections& connections);

// A destination as the kernel shows it. Its connections do not make it another than the wanted one.
struct SeenDestination {
  Destination destination;
  Connections connections;
  friend bool operator==(const SeenDestination&, const SeenDestination&) = default;
};
using SeenDestinations = std::map<net::Endpoint, SeenDestination>;
Destinations without_connections(const SeenDestinations& seen);

// One real server of one virtual server.
struct Server {
  Key key;
  net::Endpoint endpoint;
  friend auto operator<=>(const Server&, const Server&) = default;
};

struct Entry {
  Service service;
  Destinations destinations;
  friend bool operator==(const Entry&, const Entry&) = default;
};

using Table = std::map<Key, Entry>;

// True if the kernel's destination needs no change to be the wanted one. Its kLocal stands for whatever
// method was asked for (datapath.md 2: a destination that is an address of this node).
bool fits(const Destination& actual, const Destination& wanted);

}  // namespace fairlead::ipvs
