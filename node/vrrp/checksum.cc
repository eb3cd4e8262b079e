#include "node/vrrp/checksum.h"

#include "lib/net/bytes.h"
#include "lib/net/checksum.h"

namespace fairlead::vrrp {
namespace {

constexpr std::uint8_t kIpProtocol = 112;
constexpr std::uint16_t kRight = 0xffff;  // the sum of a message whose checksum is right

}  // namespace

std::string_view to_string(ChecksumMatch match) {
  switch (match) {
    case ChecksumMatch::kRfc9568:
      return "RFC9568";
    case ChecksumMatch::kRfc5798:
      return "RFC5798";
    case ChecksumMatch::kBoth:
      return "both";
  }
  return "";
}

std::uint16_t pseudo_header_sum(const Endpoints& endpoints, std::size_t length) {
  net::ByteWriter header;
  header.raw(endpoints.source.bytes());
  header.raw(endpoints.destination.bytes());
  // The length is of 16 bits for IPv4 and of 32 for IPv6; a sum of words does not see the difference.
  header.u16(kIpProtocol);
  header.u16(static_cast<std::uint16_t>(length));
  return net::ones_complement_sum(header.view(), 0);
}

std::optional<ChecksumMatch> match_checksum(std::span<const std::uint8_t> message,
                                            const Endpoints& endpoints) {
  const bool plain = net::ones_complement_sum(message, 0) == kRight;
  const bool pseudo =
      net::ones_complement_sum(message, pseudo_header_sum(endpoints, message.size())) == kRight;
  if (plain && pseudo) return ChecksumMatch::kBoth;
  if (plain) return ChecksumMatch::kRfc9568;
  if (pseudo) return ChecksumMatch::kRfc5798;
  return std::nullopt;
}

}  // namespace fairlead::vrrp
