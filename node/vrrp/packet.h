#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/vrrp/types.h"

// The VRRP message on the wire, version 3 over IPv4. RFC 9568 section 5.2:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version| Type  | Virtual Rtr ID|   Priority    |IPvX Addr Count|
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Reserve| Max Advertise Interval|          Checksum             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       IPvX Address(es)                        |
namespace fairlead::vrrp {

// The two checksums in use for version 3 over IPv4 (RFC 9568 1.1, difference 4).
enum class ChecksumForm {
  kRfc9568,  // over the message alone
  kRfc5798,  // over a pseudo-header {source, destination, 0, 112, length} and the message
};

// Which form a received checksum fits. About one message in 65,536 fits both: that says nothing about
// the sender.
enum class ChecksumMatch { kRfc9568, kRfc5798, kBoth };
std::string_view to_string(ChecksumMatch match);  // "RFC9568", "RFC5798", "both"

// An ADVERTISEMENT as a value.
struct Advertisement {
  VirtualRouterId virtual_router_id{1};
  Priority priority{100};                    // 0: the sender gives up its role
  Centiseconds max_advertise_interval{100};  // 1..4095
  std::vector<net::IpAddress> addresses;     // 1..255, IPv4, in the order of the wire
  friend bool operator==(const Advertisement&, const Advertisement&) = default;
};

// Source and destination of the IP header around a message.
struct Endpoints {
  net::IpAddress source;
  net::IpAddress destination;
};

// 224.0.0.18. RFC 9568 section 5.1.1.2.
net::IpAddress multicast_group();

// The bytes of a message, Reserve zero. REQUIRES: 1..255 IPv4 addresses, interval 1..4095.
net::Bytes encode(const Advertisement& advert, ChecksumForm form, const Endpoints& endpoints);

// Why a message or its packet is refused; names as RFC 8347's error identities where it has one.
enum class RejectReason {
  kPacketLength,  // shorter than it says, or its IP header is damaged
  kIpTtl,         // TTL other than 255
  kProtocol,      // not protocol 112 (no identity in RFC 8347)
  kVersion,
  kType,  // not an ADVERTISEMENT (no identity in RFC 8347)
  kChecksum,
  kVrid,         // not a virtual router of ours on that interface
  kAddressList,  // count 0
  kInterval,     // interval 0
  kOwnAddress,   // sent by ourselves, or by a clone of us (no identity in RFC 8347)
};
std::string_view to_string(RejectReason reason);  // "packet-length", "ip-ttl", ...

struct DecodedMessage {
  Advertisement advert;
  ChecksumMatch checksum = ChecksumMatch::kRfc9568;
  std::size_t trailing_bytes = 0;  // after the last address: ignored (VR-034)
  friend bool operator==(const DecodedMessage&, const DecodedMessage&) = default;
};

// Reads one message. Checks in this order: version, type, count (before the checksum, since a sender that
// counts nothing may or may not sum what follows), length, checksum, VRID, interval. Reserve is ignored
// (VR-041). A VRID of zero is kVrid.
std::variant<DecodedMessage, RejectReason> decode(std::span<const std::uint8_t> message,
                                                  const Endpoints& endpoints);

}  // namespace fairlead::vrrp
