#pragma once

#include <span>
#include <string_view>

#include "lib/net/checksum.h"
#include "node/vrrp/packet.h"

// VRRP packets as a socket delivers them, for tests that speak for another router.
namespace fairlead::test {

// An IPv4 packet of protocol 112 around a message, its header as in vrrp.md 2 (no options, identification 1).
inline net::Bytes ipv4_packet(const vrrp::Endpoints& endpoints, int ttl,
                              std::span<const std::uint8_t> message) {
  net::ByteWriter out;
  out.u16(0x45c0);
  out.u16(static_cast<std::uint16_t>(20 + message.size()));
  out.u32(0x00010000);
  out.u8(static_cast<std::uint8_t>(ttl));
  out.u8(112);
  out.u16(0);
  out.raw(endpoints.source.bytes());
  out.raw(endpoints.destination.bytes());
  out.patch_u16(10, net::internet_checksum(out.view()));
  out.raw(message);
  return std::move(out).take();
}

// The message with its checksum, the one's complement sum over all of it that `start` begins, put right.
inline net::Bytes summed(net::Bytes message, std::uint16_t start) {
  message.at(6) = message.at(7) = 0;
  const std::uint16_t sum = net::ones_complement_sum(message, start);
  message[6] = static_cast<std::uint8_t>(~sum >> 8 & 0xff);
  message[7] = static_cast<std::uint8_t>(~sum & 0xff);
  return message;
}

}  // namespace fairlead::test
