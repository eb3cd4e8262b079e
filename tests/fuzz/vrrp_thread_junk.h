#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/net/bytes.h"
#include "node/vrrp/admission.h"
#include "tests/fuzz/input.h"

// Makes a sound advert one that must be refused: other bytes, or one bit changed. What the input says
// decides.
namespace fairlead::test {

inline void spoil(net::Bytes& packet, fuzz::Input& in) {
  const std::uint16_t where = in.word();
  if (where >= 0x8000) {
    packet = in.bytes(where % 64);
    if (!packet.empty()) packet[0] = 0x65;  // IP version 6: never sound
    return;
  }
  // Of the message or the TTL; a change elsewhere in the IP header may leave a sound packet.
  const std::size_t bits = 8 * (packet.size() - 20);
  const std::size_t bit = where % (bits + 8);
  const std::size_t byte = bit < bits ? 20 + bit / 8 : 8;
  packet[byte] = static_cast<std::uint8_t>(packet[byte] ^ 1 << bit % 8);
}

inline void spoil(vrrp::Ipv6Message& packet, fuzz::Input& in) {
  const std::uint16_t where = in.word();
  if (where >= 0xc000) {
    packet.hop_limit = where == 0xffff ? std::nullopt : std::optional<int>(where % 255);
  } else if (where >= 0x8000) {
    packet.message = in.bytes(where % 64);
    if (!packet.message.empty()) packet.message[0] = 0x41;  // VRRP version 4: never sound
  } else {
    std::uint8_t& byte = packet.message[where / 8 % packet.message.size()];
    byte = static_cast<std::uint8_t>(byte ^ 1 << where % 8);
  }
}

}  // namespace fairlead::test
