#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/strong.h"
#include "lib/net/address.h"

namespace fairlead::net {

using Port = Strong<struct PortTag, std::uint16_t>;  // 0..65535; 0 only where a header allows it

// Checks 1..65535. Errors: kInvalid.
Result<Port> make_port(int value);

// Transport protocols a virtual server may carry; the values are IANA protocol numbers.
enum class Protocol : std::uint8_t { kTcp = 6, kUdp = 17, kSctp = 132 };

// "TCP", "UDP", "SCTP", as Kubernetes spells them.
std::string_view to_string(Protocol protocol);
// Errors: kInvalid.
Result<Protocol> parse_protocol(std::string_view text);

struct Endpoint {
  IpAddress address;
  Port port{0};
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "192.0.2.1:80" or "[2001:db8::1]:80".
std::string to_string(const Endpoint& endpoint);
// Reads that form. Errors: kInvalid.
Result<Endpoint> parse_endpoint(std::string_view text);

// An Ethernet address, in wire order.
struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

// "02:00:00:00:00:10".
std::string to_string(const MacAddress& mac);

}  // namespace fairlead::net
