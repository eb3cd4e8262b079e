#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/vrrp/admission.h"

// What the kernel tells beside a received IPv6 message (RFC 3542 sections 6.2 and 6.3), read from the bytes
// of recvmsg's control buffer: cmsghdr and data, one behind the other, in any order. Pure; any bytes may be
// given.
namespace fairlead::wire {

struct ControlMessages {
  // IPV6_HOPLIMIT, 0..255. Absent if it was not told, or told twice and differently: not to be believed then.
  std::optional<int> hop_limit;
  // The packet's destination, of IPV6_PKTINFO; absent likewise.
  std::optional<net::IpAddress> destination;
  friend bool operator==(const ControlMessages&, const ControlMessages&) = default;
};

// Searches all of them: others may stand before, between and behind. What comes after one whose length cannot
// be true is not read.
ControlMessages read_control_messages(std::span<const std::uint8_t> control);

// The message with what was told of it. One without a destination has no hop limit either, so that admission
// drops it (VR-031): its checksum could not be verified.
vrrp::Ipv6Message ipv6_message(const net::IpAddress& source, const ControlMessages& told, net::Bytes message);

}  // namespace fairlead::wire
