#include "lib/net/endpoint.h"

#include <cstdio>

#include "lib/base/text.h"

namespace fairlead::net {

Result<Port> make_port(int value) {
  if (value < 1 || value > 65535) {
    return fail(Code::kInvalid, "port must be 1..65535, got " + std::to_string(value));
  }
  return Port(static_cast<std::uint16_t>(value));
}

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp:
      return "TCP";
    case Protocol::kUdp:
      return "UDP";
    case Protocol::kSctp:
      return "SCTP";
  }
  return "unknown";
}

Result<Protocol> parse_protocol(std::string_view text) {
  for (const auto protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
    if (text == to_string(protocol)) return protocol;
  }
  return fail(Code::kInvalid, "protocol must be TCP, UDP or SCTP, got \"" + std::string(text) + "\"");
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  return (endpoint.address.is_v4() ? address : "[" + address + "]") + ":" +
         std::to_string(endpoint.port.value());
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  long long port = 0;
  if (colon == std::string_view::npos || (!bracketed && host.find(':') != std::string_view::npos) ||
      !parse_integer(text.substr(colon + 1), 1, 65535, port)) {
    return fail(Code::kInvalid,
                "\"" + std::string(text) + "\" is not host:port with an IP address and a port of 1..65535");
  }
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto address = parse_address(host);
  if (!address) return address.error();
  if (bracketed == address->is_v4()) {
    return fail(Code::kInvalid,
                "\"" + std::string(text) + "\": brackets belong around an IPv6 address, and only there");
  }
  return Endpoint{*address, Port(static_cast<std::uint16_t>(port))};
}

std::string to_string(const MacAddress& mac) {
  char text[18];
  const auto& b = mac.bytes;
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
  return text;
}

}  // namespace fairlead::net
