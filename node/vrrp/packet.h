#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "node/vrrp/checksum.h"
#include "node/vrrp/types.h"

// The VRRP message on the wire: version 3 over IPv4 and IPv6, RFC 9568 section 5.2:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version| Type  | Virtual Rtr ID|   Priority    |IPvX Addr Count|
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Reserve| Max Advertise Interval|          Checksum             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       IPvX Address(es)                        |
//
// and version 2 over IPv4, RFC 3768 section 5.3, whose second word and tail differ:
//
//   |   Auth Type   |   Adver Int   |          Checksum             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       IP Address(es)                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                Authentication Data (8 bytes)                  |
namespace fairlead::vrrp {

// An ADVERTISEMENT as a value.
struct Advertisement {
  VirtualRouterId virtual_router_id{1};
  Priority priority{100};                    // 0: the sender gives up its role
  Centiseconds max_advertise_interval{100};  // version 3: 1..4095; version 2: whole seconds, 1..255
  std::vector<net::IpAddress> addresses;     // 1..255 of one family, in the order of the wire
  friend bool operator==(const Advertisement&, const Advertisement&) = default;
};

// The simple text password of version 2, padded with zeros. An accident guard: it is sent in clear text.
// RFC 2338 section 5.3.6.
struct Password {
  std::array<std::uint8_t, 8> bytes{};
  friend bool operator==(const Password&, const Password&) = default;
};
// The first 8 bytes of the text, as keepalived takes them. The caller says when it was longer.
Password make_password(std::string_view text);

// How a router writes its messages.
struct Form {
  Version version = Version::k3;
  ChecksumForm checksum = ChecksumForm::kRfc9568;  // version 3 over IPv4; ignored elsewhere
  std::optional<Password> password;                // version 2: authentication type 1; else type 0
  friend bool operator==(const Form&, const Form&) = default;
};

// 224.0.0.18 or ff02::12. RFC 9568 sections 5.1.1.2 and 5.1.2.2.
net::IpAddress multicast_group(net::Family family);

// The order in which an advert lists addresses: of IPv6 the link-local ones first, since the first must be
// the virtual router's link-local address (section 5.2.9); else ascending.
std::vector<net::IpAddress> in_advert_order(std::vector<net::IpAddress> addresses);

// How many addresses a message can list that must leave in one packet of an interface with this MTU: at most
// 255, the count's byte; over IPv6 90 at 1500 (vrrp.md 2).
std::size_t most_addresses(Version version, net::Family family, int mtu);

// The bytes of a message, Reserve zero. REQUIRES: 1..255 addresses of the endpoints' family, an interval
// that make_advertise_interval gave for form.version; version 2 over IPv4 alone.
net::Bytes encode(const Advertisement& advert, const Form& form, const Endpoints& endpoints);

// Why a message or its packet is refused; names as RFC 8347's error identities where it has one.
enum class RejectReason {
  kPacketLength,  // shorter than it says, or its IP header is damaged
  kIpTtl,         // TTL or hop limit too low, or not told
  kProtocol,      // not protocol 112 (no identity in RFC 8347)
  kVersion,       // not the one configured, or unknown
  kType,          // not an ADVERTISEMENT (no identity in RFC 8347)
  kChecksum,
  kVrid,            // not a virtual router of ours on that interface
  kAddressList,     // count 0, or over IPv6 no link-local address in front
  kInterval,        // interval 0, or version 2 and not ours
  kOwnAddress,      // sent by ourselves, or by a clone of us (no identity in RFC 8347)
  kSource,          // unicast, and not a configured peer (no identity in RFC 8347)
  kAuthentication,  // version 2: another type or password than configured (no identity in RFC 8347)
};
std::string_view to_string(RejectReason reason);  // "packet-length", "ip-ttl", ...

// What a message of version 2 carries to authenticate itself. RFC 3768 sections 5.3.6 and 5.3.10.
struct Authentication {
  std::uint8_t type = 0;  // 0 none, 1 simple text password (RFC 2338)
  Password data;
  friend bool operator==(const Authentication&, const Authentication&) = default;
};

struct DecodedMessage {
  Advertisement advert;
  Version version = Version::k3;
  std::optional<ChecksumMatch> checksum;         // version 3 over IPv4 only: elsewhere there is one form
  std::optional<Authentication> authentication;  // version 2 only
  std::size_t trailing_bytes = 0;                // after the last address or the password: ignored (VR-034)
  friend bool operator==(const DecodedMessage&, const DecodedMessage&) = default;
};

// Reads one message; its family is that of the endpoints. Checks in this order: version, type, count (before
// the checksum, since a sender that counts nothing may or may not sum what follows), length, checksum, VRID,
// interval. Reserve is ignored (VR-041). A VRID of zero is kVrid; version 2 over IPv6 is kVersion. The
// checksum covers the message without what trails it, over IPv6 all bytes.
std::variant<DecodedMessage, RejectReason> decode(std::span<const std::uint8_t> message,
                                                  const Endpoints& endpoints);

}  // namespace fairlead::vrrp
