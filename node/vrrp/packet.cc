#include "node/vrrp/packet.h"

#include <cassert>
#include <optional>

#include "lib/net/checksum.h"

namespace fairlead::vrrp {
namespace {

constexpr std::uint8_t kVersion3 = 3;
constexpr std::uint8_t kTypeAdvertisement = 1;
constexpr std::uint8_t kIpProtocol = 112;
constexpr std::size_t kFixedPart = 8;
constexpr std::size_t kChecksumAt = 6;
constexpr std::size_t kAddressBytes = 4;

// The part of the sum that the pseudo-header of RFC 5798 5.2.8 adds.
std::uint16_t pseudo_header_sum(const Endpoints& endpoints, std::size_t length) {
  net::ByteWriter header;
  header.raw(endpoints.source.bytes());
  header.raw(endpoints.destination.bytes());
  header.u8(0);
  header.u8(kIpProtocol);
  header.u16(static_cast<std::uint16_t>(length));
  return net::ones_complement_sum(header.view(), 0);
}

// Sums the whole message, checksum included; a right one gives 0xffff.
std::optional<ChecksumMatch> match_checksum(std::span<const std::uint8_t> message,
                                            const Endpoints& endpoints) {
  const bool plain = net::ones_complement_sum(message, 0) == 0xffff;
  const bool pseudo =
      net::ones_complement_sum(message, pseudo_header_sum(endpoints, message.size())) == 0xffff;
  if (plain && pseudo) return ChecksumMatch::kBoth;
  if (plain) return ChecksumMatch::kRfc9568;
  if (pseudo) return ChecksumMatch::kRfc5798;
  return std::nullopt;
}

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

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::kPacketLength:
      return "packet-length";
    case RejectReason::kIpTtl:
      return "ip-ttl";
    case RejectReason::kProtocol:
      return "protocol";
    case RejectReason::kVersion:
      return "version";
    case RejectReason::kType:
      return "type";
    case RejectReason::kChecksum:
      return "checksum";
    case RejectReason::kVrid:
      return "vrid";
    case RejectReason::kAddressList:
      return "address-list";
    case RejectReason::kInterval:
      return "interval";
    case RejectReason::kOwnAddress:
      return "own-address";
  }
  return "";
}

net::IpAddress multicast_group() { return net::IpAddress::v4({224, 0, 0, 18}); }

net::Bytes encode(const Advertisement& advert, ChecksumForm form, const Endpoints& endpoints) {
  assert(!advert.addresses.empty() && advert.addresses.size() <= 255);
  net::ByteWriter out;
  out.u8((kVersion3 << 4) | kTypeAdvertisement);
  out.u8(advert.virtual_router_id.value());
  out.u8(advert.priority.value());
  out.u8(static_cast<std::uint8_t>(advert.addresses.size()));
  out.u16(static_cast<std::uint16_t>(advert.max_advertise_interval.count() & 0x0fff));
  out.u16(0);
  for (const net::IpAddress& address : advert.addresses) out.raw(address.bytes());
  const std::uint16_t start =
      form == ChecksumForm::kRfc5798 ? pseudo_header_sum(endpoints, out.size()) : std::uint16_t{0};
  out.patch_u16(kChecksumAt, static_cast<std::uint16_t>(~net::ones_complement_sum(out.view(), start)));
  return std::move(out).take();
}

std::variant<DecodedMessage, RejectReason> decode(std::span<const std::uint8_t> message,
                                                  const Endpoints& endpoints) {
  if (message.empty()) return RejectReason::kPacketLength;
  if (message[0] >> 4 != kVersion3) return RejectReason::kVersion;
  if ((message[0] & 0x0f) != kTypeAdvertisement) return RejectReason::kType;
  if (message.size() < kFixedPart) return RejectReason::kPacketLength;
  const std::size_t count = message[3];
  if (count == 0) return RejectReason::kAddressList;
  const std::size_t length = kFixedPart + count * kAddressBytes;
  if (message.size() < length) return RejectReason::kPacketLength;
  const auto checksum = match_checksum(message.first(length), endpoints);
  if (!checksum) return RejectReason::kChecksum;
  if (message[1] == 0) return RejectReason::kVrid;
  const int interval = net::u16_at(message, 4) & 0x0fff;
  if (interval == 0) return RejectReason::kInterval;

  DecodedMessage out{{VirtualRouterId(message[1]), Priority(message[2]), Centiseconds(interval), {}},
                     *checksum,
                     message.size() - length};
  out.advert.addresses.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.advert.addresses.push_back(
        net::IpAddress::from_bytes(message.subspan(kFixedPart + i * kAddressBytes, kAddressBytes)));
  }
  return out;
}

}  // namespace fairlead::vrrp
