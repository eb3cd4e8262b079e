#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <variant>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/vrrp/packet.h"

// The receive checks of RFC 9568 section 7.1 as one function (VR-030..VR-047), and those of RFC 3768 section
// 7.1 (V2-01..V2-06).
namespace fairlead::vrrp {

// TTL and hop limit of a packet that no router has forwarded. Sections 5.1.1.3 and 5.1.2.3.
inline constexpr int kTtl = 255;

// Whom a unicast router listens to: source address -> lowest TTL taken. A peer behind a router has less than
// 255 left, and must be named with what it has.
using Peers = std::map<net::IpAddress, int>;

// What one virtual router of ours takes.
struct Expected {
  Version version = Version::k3;
  // Unicast routers take nothing from anybody else; the check cannot be switched off. Absent: multicast.
  std::optional<Peers> peers;
  bool strict_v6_first_address = true;  // IPv6: the first address listed must be link-local (VR-039)
  // Version 2 only:
  std::optional<Password> password;  // type 1; absent: type 0
  Centiseconds interval{100};        // any other is dropped (V2-05)
  friend bool operator==(const Expected&, const Expected&) = default;
};

// What an interface expects to hear in one family.
struct Listener {
  std::set<net::IpAddress> own_addresses;       // of this interface; a source among them is ourselves
  std::map<VirtualRouterId, Expected> routers;  // configured on this interface
  friend bool operator==(const Listener&, const Listener&) = default;
};

struct Accepted {
  Advertisement advert;
  net::IpAddress sender;
  std::optional<ChecksumMatch> checksum;  // version 3 over IPv4 only
  std::size_t trailing_bytes = 0;
  friend bool operator==(const Accepted&, const Accepted&) = default;
};

// A rejected packet changes no timer and no state (VR-047): there is nothing here to change one with.
struct Rejected {
  RejectReason reason = RejectReason::kPacketLength;
  // As far as it could be read, for the counters alone; not to be believed.
  std::optional<std::uint8_t> claimed_virtual_router_id;
  std::optional<net::IpAddress> sender;
  friend bool operator==(const Rejected&, const Rejected&) = default;
};

// A sound advert of a virtual router that is not ours: the reason is kVrid, and the sender is a foreign
// router (FN-21).
struct Foreign {
  VirtualRouterId virtual_router_id{1};
  net::IpAddress sender;
  friend bool operator==(const Foreign&, const Foreign&) = default;
};

using Admission = std::variant<Accepted, Rejected, Foreign>;

// One IPv6 message with what the kernel tells beside it (RFC 3542): the header itself is not delivered.
struct Ipv6Message {
  Endpoints endpoints;
  std::optional<int> hop_limit;  // absent if the kernel did not say: then the message is dropped (VR-031)
  net::Bytes message;
  friend bool operator==(const Ipv6Message&, const Ipv6Message&) = default;
};

// Judges one IPv4 packet, header included, as a raw socket delivers it. Checks in order: IP header whole,
// protocol 112, then as the other.
Admission admit(const Listener& listener, std::span<const std::uint8_t> packet);
// Judges one IPv6 message. Checks in order: hop limit, not from ourselves, decode()'s, the VRID, version,
// peer, first address, authentication, interval.
Admission admit(const Listener& listener, const Ipv6Message& message);

}  // namespace fairlead::vrrp
