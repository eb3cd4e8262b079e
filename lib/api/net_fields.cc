#include "lib/api/net_fields.h"

#include <algorithm>

namespace fairlead::api {
namespace {

constexpr Word<net::Protocol> kProtocolWords[] = {
    {"TCP", net::Protocol::kTcp}, {"UDP", net::Protocol::kUdp}, {"SCTP", net::Protocol::kSctp}};
constexpr Word<net::Family> kFamilyWords[] = {{"IPv4", net::Family::kIPv4}, {"IPv6", net::Family::kIPv6}};

constexpr std::size_t kMaxInterfaceName = 15;  // IFNAMSIZ - 1

bool is_never_a_host(const net::IpAddress& address) {
  const bool broadcast = address == net::IpAddress::v4({255, 255, 255, 255});
  return address.is_multicast() || address.is_unspecified() || address.is_v4_mapped() || broadcast;
}

}  // namespace

bool read_address(const JsonView& view, net::IpAddress& out) {
  std::string text;
  if (!view.text(text)) return false;
  const auto address = net::parse_address(text);
  if (!address) {
    view.problem("must be an IPv4 or IPv6 address, got " + view.show());
    return false;
  }
  out = *address;
  return true;
}

bool read_virtual_address(const JsonView& view, net::IpAddress& out) {
  net::IpAddress address;
  if (!read_address(view, address)) return false;
  if (is_never_a_host(address) || address.is_loopback()) {
    view.problem(
        "must be a unicast address (not loopback, multicast, unspecified, broadcast or IPv4-mapped), got " +
        view.show());
    return false;
  }
  out = address;
  return true;
}

bool read_server_address(const JsonView& view, net::IpAddress& out) {
  net::IpAddress address;
  if (!read_address(view, address)) return false;
  if (is_never_a_host(address)) {
    view.problem("must be a unicast address (not multicast, unspecified, broadcast or IPv4-mapped), got " +
                 view.show());
    return false;
  }
  if (address.is_link_local() && !address.is_v4()) {
    view.problem("must not be link-local over IPv6: nothing says on which interface it is, got " +
                 view.show());
    return false;
  }
  out = address;
  return true;
}

bool read_prefix(const JsonView& view, net::Prefix& out) {
  std::string text;
  if (!view.text(text)) return false;
  const auto prefix = net::parse_prefix(text);
  if (!prefix) {
    view.problem("must be a CIDR (address/length), got " + view.show());
    return false;
  }
  out = *prefix;
  return true;
}

void read_prefixes(const JsonView& view, std::size_t max, std::vector<net::Prefix>& out) {
  for (const auto& item : view.items(max)) {
    net::Prefix prefix;
    if (read_prefix(item, prefix)) out.push_back(prefix);
  }
}

bool read_port(const JsonView& view, int low, net::Port& out) {
  std::int64_t value = 0;
  if (!view.integer(low, 65535, value)) return false;
  out = net::Port(static_cast<std::uint16_t>(value));
  return true;
}

void read_protocol(const JsonView& view, net::Protocol& out) {
  view.read<net::Protocol>(kProtocolWords, out);
}

void read_family(const JsonView& view, net::Family& out) { view.read<net::Family>(kFamilyWords, out); }

void read_interface(const JsonView& view, std::string& out) {
  std::string text;
  if (!view.text(text)) return;
  const bool bad = text.empty() || text.size() > kMaxInterfaceName || text == "." || text == ".." ||
                   text.find_first_of("/ \t\r\n\v\f") != std::string::npos;
  if (bad) {
    view.problem("must be an interface's name of 1..15 bytes without slash or white space, got " +
                 view.show());
  } else {
    out = text;
  }
}

}  // namespace fairlead::api
