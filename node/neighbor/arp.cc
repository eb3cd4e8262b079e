#include "node/neighbor/arp.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace fairlead::neighbor {
namespace {

constexpr std::size_t kFrameLength = 42;
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kHardwareEthernet = 1;
constexpr net::MacAddress kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

net::MacAddress mac_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  net::MacAddress mac;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), mac.bytes.size(), mac.bytes.begin());
  return mac;
}

}  // namespace

ArpFrame gratuitous_arp(const net::MacAddress& mac, const net::IpAddress& vip, ArpOperation operation) {
  return {kBroadcast, mac, operation, mac, vip, mac, vip};
}

net::Bytes encode(const ArpFrame& frame) {
  assert(frame.sender_ip.is_v4() && frame.target_ip.is_v4());
  net::ByteWriter out;
  out.raw(frame.destination.bytes);
  out.raw(frame.source.bytes);
  out.u16(kEtherTypeArp);
  out.u16(kHardwareEthernet);
  out.u16(kEtherTypeIpv4);
  out.u8(6);
  out.u8(4);
  out.u16(static_cast<std::uint16_t>(frame.operation));
  out.raw(frame.sender_mac.bytes);
  out.raw(frame.sender_ip.bytes());
  out.raw(frame.target_mac.bytes);
  out.raw(frame.target_ip.bytes());
  return std::move(out).take();
}

std::optional<ArpFrame> decode_arp(std::span<const std::uint8_t> frame) {
  if (frame.size() < kFrameLength) return std::nullopt;
  if (net::u16_at(frame, 12) != kEtherTypeArp || net::u16_at(frame, 14) != kHardwareEthernet ||
      net::u16_at(frame, 16) != kEtherTypeIpv4 || frame[18] != 6 || frame[19] != 4) {
    return std::nullopt;
  }
  const std::uint16_t operation = net::u16_at(frame, 20);
  if (operation != 1 && operation != 2) return std::nullopt;
  return ArpFrame{mac_at(frame, 0),
                  mac_at(frame, 6),
                  static_cast<ArpOperation>(operation),
                  mac_at(frame, 22),
                  net::IpAddress::from_bytes(frame.subspan(28, 4)),
                  mac_at(frame, 32),
                  net::IpAddress::from_bytes(frame.subspan(38, 4))};
}

bool is_gratuitous(const ArpFrame& frame) {
  return frame.sender_ip == frame.target_ip && !frame.sender_ip.is_unspecified();
}

}  // namespace fairlead::neighbor
