#include "node/wire/control_messages.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace fairlead::wire {
namespace {

template <class T>
std::optional<T> value_of(std::span<const std::uint8_t> data) {
  if (data.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, data.data(), sizeof value);
  return value;
}

// cmsghdr without its open end.
struct Header {
  std::size_t length;
  int level;
  int type;
};
static_assert(sizeof(Header) == sizeof(cmsghdr));

// A fact as told so far.
template <class T>
struct Told {
  std::optional<T> value;
  bool doubtful = false;  // two statements differ, or one says nothing

  void note(const std::optional<T>& again) {
    doubtful = doubtful || !again || (value && *value != *again);
    value = again;
  }
  std::optional<T> believed() const { return doubtful ? std::nullopt : value; }
};

std::optional<int> hop_limit_of(std::span<const std::uint8_t> data) {
  const auto value = value_of<int>(data);
  return value && *value >= 0 && *value <= 255 ? value : std::nullopt;
}

std::optional<net::IpAddress> destination_of(std::span<const std::uint8_t> data) {
  const auto told = value_of<in6_pktinfo>(data);
  if (!told) return std::nullopt;
  return net::IpAddress::from_bytes(told->ipi6_addr.s6_addr);
}

}  // namespace

ControlMessages read_control_messages(std::span<const std::uint8_t> control) {
  Told<int> hop_limit;
  Told<net::IpAddress> destination;
  while (const auto header = value_of<Header>(control)) {
    if (header->length < CMSG_LEN(0) || header->length > control.size()) break;
    const auto data = control.subspan(CMSG_LEN(0), header->length - CMSG_LEN(0));
    if (header->level == IPPROTO_IPV6 && header->type == IPV6_HOPLIMIT) {
      hop_limit.note(hop_limit_of(data));
    }
    if (header->level == IPPROTO_IPV6 && header->type == IPV6_PKTINFO) {
      destination.note(destination_of(data));
    }
    control = control.subspan(std::min<std::size_t>(CMSG_ALIGN(header->length), control.size()));
  }
  return {hop_limit.believed(), destination.believed()};
}

vrrp::Ipv6Message ipv6_message(const net::IpAddress& source, const ControlMessages& told,
                               net::Bytes message) {
  vrrp::Ipv6Message out{{source, net::IpAddress::v6({})}, std::nullopt, std::move(message)};
  if (!told.destination) return out;
  out.endpoints.destination = *told.destination;
  out.hop_limit = told.hop_limit;
  return out;
}

}  // namespace fairlead::wire
