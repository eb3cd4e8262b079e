#pragma once

#include <cstdint>
#include <span>

namespace fairlead::net {

// One's complement sum of 16-bit words, folded to 16 bits, not inverted; an odd last byte is padded
// with zero on the right. Start with 0 and chain calls over pieces of even length. RFC 1071.
constexpr std::uint16_t ones_complement_sum(std::span<const std::uint8_t> bytes, std::uint16_t start) {
  std::uint32_t sum = start;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const std::uint32_t low = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
    sum += (static_cast<std::uint32_t>(bytes[i]) << 8) | low;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

// The value for a checksum field whose bytes were zero in `bytes`. RFC 1071.
constexpr std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint16_t>(~ones_complement_sum(bytes, 0));
}

}  // namespace fairlead::net
