#include "lib/net/address.h"

#include <algorithm>
#include <cassert>

namespace fairlead::net {

std::string_view to_string(Family family) { return family == Family::kIPv4 ? "IPv4" : "IPv6"; }

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) { return from_bytes(bytes); }
IpAddress IpAddress::v6(std::array<std::uint8_t, 16> bytes) { return from_bytes(bytes); }

IpAddress IpAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  assert(bytes.size() == 4 || bytes.size() == 16);
  IpAddress out;
  out.family_ = bytes.size() == 4 ? Family::kIPv4 : Family::kIPv6;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

bool IpAddress::bit(int i) const {
  return ((bytes_[static_cast<std::size_t>(i / 8)] >> (7 - i % 8)) & 1) != 0;
}

bool IpAddress::increment() {
  const auto size = bytes().size();
  for (std::size_t i = size; i-- > 0;) {
    if (bytes_[i] == 0xff) continue;
    ++bytes_[i];
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
              bytes_.begin() + static_cast<std::ptrdiff_t>(size), std::uint8_t{0});
    return true;
  }
  return false;
}

bool IpAddress::decrement() {
  const auto size = bytes().size();
  for (std::size_t i = size; i-- > 0;) {
    if (bytes_[i] == 0) continue;
    --bytes_[i];
    std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
              bytes_.begin() + static_cast<std::ptrdiff_t>(size), std::uint8_t{0xff});
    return true;
  }
  return false;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.begin() + 15, [](auto b) { return b == 0; });
}

bool IpAddress::is_multicast() const { return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff; }

bool IpAddress::is_link_local() const {
  if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_v4_mapped() const {
  return !is_v4() && bytes_[10] == 0xff && bytes_[11] == 0xff &&
         std::all_of(bytes_.begin(), bytes_.begin() + 10, [](auto b) { return b == 0; });
}

}  // namespace fairlead::net
