#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace fairlead::net {

enum class Family : std::uint8_t { kIPv4, kIPv6 };

// "IPv4" or "IPv6", as in Kubernetes' ipFamilies.
std::string_view to_string(Family family);

// One IPv4 or IPv6 address. A value; ordered by family, then unsigned in network byte order, which is
// the order RFC 9568 6.4.3 compares sender addresses in.
class IpAddress {
 public:
  // The unspecified IPv4 address 0.0.0.0.
  constexpr IpAddress() = default;

  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress v6(std::array<std::uint8_t, 16> bytes);
  // REQUIRES: bytes.size() is 4 or 16.
  static IpAddress from_bytes(std::span<const std::uint8_t> bytes);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::kIPv4; }
  // 4 or 16 bytes, network byte order; valid as long as this object.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v4() ? 4U : 16U}; }
  // 32 or 128.
  int bits() const { return is_v4() ? 32 : 128; }
  // True for bit i (0 is the most significant) set.
  bool bit(int i) const;
  // The next address in order. False (and unchanged) at the last one of the family.
  bool increment();
  // The one before it. False (and unchanged) at the first one of the family.
  bool decrement();

  bool is_unspecified() const;
  bool is_loopback() const;    // 127.0.0.0/8, ::1
  bool is_multicast() const;   // 224.0.0.0/4, ff00::/8
  bool is_link_local() const;  // 169.254.0.0/16, fe80::/10
  bool is_v4_mapped() const;   // ::ffff:0:0/96

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::kIPv4;
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 uses the first four, the rest stay zero
};

// Canonical text: dotted quad, or RFC 5952 for IPv6.
std::string to_string(const IpAddress& address);

// Reads one address, no prefix, no zone, no leading zeros in IPv4. Errors: kInvalid.
Result<IpAddress> parse_address(std::string_view text);

}  // namespace fairlead::net
