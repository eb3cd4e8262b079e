#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/net/address.h"

// The checksum of a VRRP message, in its forms. RFC 9568 section 5.2.8, RFC 3768 section 5.3.8.
namespace fairlead::vrrp {

// The two checksums in use for version 3 over IPv4 (RFC 9568 1.1, difference 4). Version 2 has the first
// alone, and IPv6 a pseudo-header of its own.
enum class ChecksumForm {
  kRfc9568,  // over the message alone
  kRfc5798,  // over a pseudo-header {source, destination, 0, 112, length} and the message
};

// Which form a received checksum fits. About one message in 65,536 fits both: that says nothing about
// the sender.
enum class ChecksumMatch { kRfc9568, kRfc5798, kBoth };
std::string_view to_string(ChecksumMatch match);  // "RFC9568", "RFC5798", "both"

// Source and destination of the IP header around a message; of one family.
struct Endpoints {
  net::IpAddress source;
  net::IpAddress destination;
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
};

// The part of the sum that the pseudo-header adds: of RFC 5798 5.2.8 for IPv4, of RFC 8200 8.1 for IPv6.
std::uint16_t pseudo_header_sum(const Endpoints& endpoints, std::size_t length);

// Sums a whole message of version 3 over IPv4, checksum included: which form it fits; nothing if it is wrong.
std::optional<ChecksumMatch> match_checksum(std::span<const std::uint8_t> message,
                                            const Endpoints& endpoints);

}  // namespace fairlead::vrrp
