#include "lib/net/prefix.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace fairlead::net {
namespace {

// `address` with every bit from `length` on set to `value`.
IpAddress with_host_bits(const IpAddress& address, int length, bool value) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = address.bytes();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const int keep = std::min(8, std::max(0, length - static_cast<int>(i) * 8));
    const auto mask = static_cast<std::uint8_t>(keep == 0 ? 0 : 0xff << (8 - keep));
    bytes[i] = static_cast<std::uint8_t>((from[i] & mask) | (value ? static_cast<std::uint8_t>(~mask) : 0));
  }
  return IpAddress::from_bytes(std::span(bytes).first(from.size()));
}

}  // namespace

Prefix Prefix::network() const { return {first(), length}; }
IpAddress Prefix::first() const { return with_host_bits(address, length, false); }
IpAddress Prefix::last() const { return with_host_bits(address, length, true); }

bool Prefix::contains(const IpAddress& other) const {
  return other.family() == address.family() && with_host_bits(other, length, false) == first();
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.address) + "/" + std::to_string(prefix.length);
}

Result<Prefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return fail(Code::kInvalid, "\"" + std::string(text) + "\" is not a CIDR (address/length)");
  }
  auto address = parse_address(text.substr(0, slash));
  if (!address) return address.error();
  const std::string_view digits = text.substr(slash + 1);
  const bool padded = digits.size() > 1 && (digits.front() == '0' || digits.front() == '-');
  long long length = 0;
  if (padded || !parse_integer(digits, 0, address->bits(), length)) {
    return fail(Code::kInvalid,
                "\"" + std::string(text) + "\": prefix length must be 0.." + std::to_string(address->bits()));
  }
  return Prefix{*address, static_cast<int>(length)};
}

bool AddressRange::contains(const IpAddress& address) const {
  return address.family() == first.family() && first <= address && address <= last;
}

bool AddressRange::overlaps(const AddressRange& other) const {
  return first.family() == other.first.family() && first <= other.last && other.first <= last;
}

std::string to_string(const AddressRange& range) {
  return to_string(range.first) + "-" + to_string(range.last);
}

Result<AddressRange> parse_range(std::string_view text) {
  if (text.find('/') != std::string_view::npos) {
    auto prefix = parse_prefix(text);
    if (!prefix) return prefix.error();
    return AddressRange{prefix->first(), prefix->last()};
  }
  const auto dash = text.find('-');
  auto first = parse_address(trim(text.substr(0, dash)));
  if (!first) return first.error();
  if (dash == std::string_view::npos) return AddressRange{*first, *first};
  auto last = parse_address(trim(text.substr(dash + 1)));
  if (!last) return last.error();
  if (first->family() != last->family() || *last < *first) {
    return fail(Code::kInvalid,
                "\"" + std::string(text) + "\": a range needs two addresses of one family, the lower first");
  }
  return AddressRange{*first, *last};
}

std::vector<Prefix> exact_cover(const AddressRange& range) {
  std::vector<Prefix> out;
  IpAddress at = range.first;
  for (;;) {
    Prefix widest{at, at.bits()};
    while (widest.length > 0) {
      const Prefix wider{at, widest.length - 1};
      if (wider.first() != at || range.last < wider.last()) break;
      widest = wider;
    }
    out.push_back(widest);
    at = widest.last();
    if (at == range.last || !at.increment()) return out;
  }
}

}  // namespace fairlead::net
