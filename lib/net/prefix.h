#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"

namespace fairlead::net {

// An address with a prefix length: "192.0.2.7/24" keeps the host bits, network() drops them.
struct Prefix {
  IpAddress address;
  int length = 32;  // 0..address.bits()

  friend auto operator<=>(const Prefix&, const Prefix&) = default;

  // The same prefix with all host bits zero.
  Prefix network() const;
  // True if `other` is of the same family and shares the first `length` bits.
  bool contains(const IpAddress& other) const;
  // The first and last address of the prefix.
  IpAddress first() const;
  IpAddress last() const;
};

std::string to_string(const Prefix& prefix);

// Reads "address/length". Errors: kInvalid.
Result<Prefix> parse_prefix(std::string_view text);

// All addresses from first to last, both included. REQUIRES: one family, first <= last.
struct AddressRange {
  IpAddress first;
  IpAddress last;

  friend auto operator<=>(const AddressRange&, const AddressRange&) = default;

  bool contains(const IpAddress& address) const;
  bool overlaps(const AddressRange& other) const;
};

std::string to_string(const AddressRange& range);

// Reads an AddressPool entry: a CIDR, "a-b", or one address. Errors: kInvalid (not an address, mixed
// families, first above last).
Result<AddressRange> parse_range(std::string_view text);

// The shortest list of CIDRs that covers exactly this range, in order.
std::vector<Prefix> exact_cover(const AddressRange& range);

}  // namespace fairlead::net
