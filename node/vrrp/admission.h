#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <variant>

#include "lib/net/address.h"
#include "node/vrrp/packet.h"

// The receive checks of RFC 9568 section 7.1 as one function (VR-030..VR-047).
namespace fairlead::vrrp {

// What an interface expects to hear.
struct Listener {
  std::set<net::IpAddress> own_addresses;        // of this interface; a source among them is ourselves
  std::set<VirtualRouterId> virtual_router_ids;  // configured on this interface
  friend bool operator==(const Listener&, const Listener&) = default;
};

struct Accepted {
  Advertisement advert;
  net::IpAddress sender;
  ChecksumMatch checksum = ChecksumMatch::kRfc9568;
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

// Judges one IPv4 packet, header included, as a raw socket delivers it. Checks in order: IP header whole,
// protocol 112, TTL 255, not from ourselves, then decode()'s, then the VRID.
Admission admit(const Listener& listener, std::span<const std::uint8_t> packet);

}  // namespace fairlead::vrrp
