#include "node/neighbor/advertisement.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

#include "lib/net/checksum.h"

namespace fairlead::neighbor {
namespace {

constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpHeader = 40;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kHopLimit = 255;  // no router has forwarded it (RFC 4861 section 7.1)
constexpr std::uint8_t kSolicitation = 135;
constexpr std::uint8_t kAdvertisement = 136;
constexpr std::uint8_t kRouterFlag = 0x80;
constexpr std::uint8_t kSolicitedFlag = 0x40;
constexpr std::uint8_t kOverrideFlag = 0x20;
constexpr std::uint8_t kSourceLinkAddress = 1;
constexpr std::uint8_t kTargetLinkAddress = 2;
// In the ICMPv6 message:
constexpr std::size_t kChecksumAt = 2;
constexpr std::size_t kTargetAt = 8;
constexpr std::size_t kOptionsAt = 24;
constexpr std::size_t kUnit = 8;  // of an option's length

constexpr net::MacAddress kAllNodesMac{{0x33, 0x33, 0, 0, 0, 1}};

net::IpAddress all_nodes() {
  return net::IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

net::MacAddress mac_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  net::MacAddress mac;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), mac.bytes.size(), mac.bytes.begin());
  return mac;
}

// ff02::1:ff00:0/104, RFC 4291 section 2.7.1.
bool is_solicited_node(const net::IpAddress& address) {
  constexpr std::array<std::uint8_t, 13> kBeginning{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  return std::equal(kBeginning.begin(), kBeginning.end(), address.bytes().begin());
}

// Over the pseudo-header of RFC 8200 section 8.1 and the message; 0xffff if the checksum in it is right.
std::uint16_t sum_of(const net::IpAddress& source, const net::IpAddress& destination,
                     std::span<const std::uint8_t> message) {
  net::ByteWriter pseudo;
  pseudo.raw(source.bytes());
  pseudo.raw(destination.bytes());
  pseudo.u32(static_cast<std::uint32_t>(message.size()));
  pseudo.u32(kIcmpv6);
  return net::ones_complement_sum(message, net::ones_complement_sum(pseudo.view(), 0));
}

// What both messages have.
struct Message {
  net::MacAddress destination;
  net::MacAddress source;
  net::IpAddress source_ip;
  net::IpAddress destination_ip;
  std::span<const std::uint8_t> bytes;  // from the ICMPv6 type on
  net::IpAddress target;
  std::optional<net::MacAddress> link_address;
};

// False if an option's length is 0 or beyond the message; else the link address of the last option of that
// type.
bool read_options(std::span<const std::uint8_t> options, std::uint8_t type,
                  std::optional<net::MacAddress>& link_address) {
  while (!options.empty()) {
    if (options.size() < 2) return false;
    const std::size_t length = kUnit * options[1];
    if (length == 0 || length > options.size()) return false;
    if (options[0] == type && length == kUnit) link_address = mac_at(options, 2);
    options = options.subspan(length);
  }
  return true;
}

std::optional<Message> read(std::span<const std::uint8_t> frame, std::uint8_t type, std::uint8_t option) {
  if (frame.size() < kEthernetHeader + kIpHeader || net::u16_at(frame, 12) != kEtherTypeIpv6)
    return std::nullopt;
  const auto header = frame.subspan(kEthernetHeader);
  const std::size_t length = net::u16_at(header, 4);
  if (header[0] >> 4 != 6 || header[6] != kIcmpv6 || header[7] != kHopLimit || length < kOptionsAt ||
      length > header.size() - kIpHeader) {
    return std::nullopt;
  }
  Message out;
  out.destination = mac_at(frame, 0);
  out.source = mac_at(frame, 6);
  out.source_ip = net::IpAddress::from_bytes(header.subspan(8, 16));
  out.destination_ip = net::IpAddress::from_bytes(header.subspan(24, 16));
  out.bytes = header.subspan(kIpHeader, length);
  out.target = net::IpAddress::from_bytes(out.bytes.subspan(kTargetAt, 16));
  if (out.bytes[0] != type || out.bytes[1] != 0 || out.target.is_multicast() ||
      sum_of(out.source_ip, out.destination_ip, out.bytes) != 0xffff ||
      !read_options(out.bytes.subspan(kOptionsAt), option, out.link_address)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

NeighborAdvertisement unsolicited_advertisement(const net::MacAddress& mac, const net::IpAddress& address,
                                                bool router) {
  return {kAllNodesMac, mac, address, all_nodes(), router, false, true, address, mac};
}

net::Bytes encode(const NeighborAdvertisement& advertisement) {
  assert(!advertisement.source_ip.is_v4() && !advertisement.destination_ip.is_v4() &&
         !advertisement.target.is_v4());
  net::ByteWriter message;
  message.u8(kAdvertisement);
  message.u8(0);
  message.u16(0);
  message.u8(static_cast<std::uint8_t>((advertisement.router ? kRouterFlag : 0) |
                                       (advertisement.solicited ? kSolicitedFlag : 0) |
                                       (advertisement.overriding ? kOverrideFlag : 0)));
  message.u8(0);
  message.u16(0);
  message.raw(advertisement.target.bytes());
  if (advertisement.target_mac) {
    message.u8(kTargetLinkAddress);
    message.u8(1);
    message.raw(advertisement.target_mac->bytes);
  }
  const std::uint16_t sum = sum_of(advertisement.source_ip, advertisement.destination_ip, message.view());
  message.patch_u16(kChecksumAt, static_cast<std::uint16_t>(~sum));

  net::ByteWriter out;
  out.raw(advertisement.destination.bytes);
  out.raw(advertisement.source.bytes);
  out.u16(kEtherTypeIpv6);
  out.u32(0x60000000);
  out.u16(static_cast<std::uint16_t>(message.size()));
  out.u8(kIcmpv6);
  out.u8(kHopLimit);
  out.raw(advertisement.source_ip.bytes());
  out.raw(advertisement.destination_ip.bytes());
  out.raw(message.view());
  return std::move(out).take();
}

std::optional<NeighborAdvertisement> decode_neighbor_advertisement(std::span<const std::uint8_t> frame) {
  const auto read_message = read(frame, kAdvertisement, kTargetLinkAddress);
  if (!read_message) return std::nullopt;
  const Message& message = *read_message;
  const std::uint8_t flags = message.bytes[4];
  NeighborAdvertisement out{message.destination,
                            message.source,
                            message.source_ip,
                            message.destination_ip,
                            (flags & kRouterFlag) != 0,
                            (flags & kSolicitedFlag) != 0,
                            (flags & kOverrideFlag) != 0,
                            message.target,
                            message.link_address};
  if (out.solicited && out.destination_ip.is_multicast()) return std::nullopt;
  return out;
}

std::optional<NeighborSolicitation> decode_neighbor_solicitation(std::span<const std::uint8_t> frame) {
  const auto read_message = read(frame, kSolicitation, kSourceLinkAddress);
  if (!read_message) return std::nullopt;
  const Message& message = *read_message;
  // Duplicate address detection has its own form.
  if (message.source_ip.is_unspecified() &&
      (!is_solicited_node(message.destination_ip) || message.link_address)) {
    return std::nullopt;
  }
  return NeighborSolicitation{message.destination,    message.source, message.source_ip,
                              message.destination_ip, message.target, message.link_address};
}

}  // namespace fairlead::neighbor
