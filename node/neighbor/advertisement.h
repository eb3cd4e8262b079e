#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "lib/net/endpoint.h"

// Neighbour advertisements and solicitations as whole Ethernet frames. RFC 4861 sections 4.3, 4.4 and 4.6.1,
// and RFC 9568 section 6.4.2 for what an unsolicited one must say:
//
//    0: destination(6) source(6) 0x86dd       14: IPv6 header(40), next header 58, hop limit 255
//   54: type(1) 0 checksum(2)                 58: R S O in the three highest bits, then zeros(4); a
//   solicitation: zeros 62: target(16)                            78: options, each type(1), length in units
//   of 8 bytes(1), value
//
// The option that matters is 2 (1 in a solicitation): the link address of the target (of the source).
namespace fairlead::neighbor {

struct NeighborAdvertisement {
  net::MacAddress destination;
  net::MacAddress source;
  net::IpAddress source_ip;
  net::IpAddress destination_ip;
  bool router = false;      // R: hosts may use the sender as their router
  bool solicited = false;   // S: answers a solicitation
  bool overriding = false;  // O: replaces what neighbours remember
  net::IpAddress target;
  std::optional<net::MacAddress> target_mac;
  friend bool operator==(const NeighborAdvertisement&, const NeighborAdvertisement&) = default;
};

struct NeighborSolicitation {
  net::MacAddress destination;
  net::MacAddress source;
  net::IpAddress source_ip;  // unspecified: duplicate address detection
  net::IpAddress destination_ip;
  net::IpAddress target;
  std::optional<net::MacAddress> source_mac;
  friend bool operator==(const NeighborSolicitation&, const NeighborSolicitation&) = default;
};

// What tells a segment that `address` is at `mac`: to all nodes, from the address itself, O=1, S=0. `router`
// is R: with R=0 a host that used the address as its router stops doing so. REQUIRES: address is IPv6.
NeighborAdvertisement unsolicited_advertisement(const net::MacAddress& mac, const net::IpAddress& address,
                                                bool router);

// 86 bytes, 78 without target_mac; hop limit 255, checksum set. REQUIRES: all addresses are IPv6.
net::Bytes encode(const NeighborAdvertisement& advertisement);

// Read a frame as RFC 4861 sections 7.1.2 and 7.1.1 say a host must: hop limit 255, checksum right, code 0,
// no multicast target, no option of length 0. Padding after it is ignored, and so are options not named above
// and the reserved bits. No extension headers. Nothing if it is anything else.
std::optional<NeighborAdvertisement> decode_neighbor_advertisement(std::span<const std::uint8_t> frame);
std::optional<NeighborSolicitation> decode_neighbor_solicitation(std::span<const std::uint8_t> frame);

}  // namespace fairlead::neighbor
