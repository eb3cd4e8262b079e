#include "node/wire/vrrp_socket.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "node/filter/fence.h"
#include "node/vrrp/packet.h"
#include "node/wire/control_messages.h"
#include "node/wire/socket_error.h"

namespace fairlead::wire {
namespace {

constexpr int kVrrpProtocol = 112;
constexpr int kClass = 0xc0;
constexpr int kSocketPriority = 6;  // TC_PRIO_INTERACTIVE

in_addr to_in_addr(const net::IpAddress& address) {
  in_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof out);
  return out;
}

in6_addr to_in6_addr(const net::IpAddress& address) {
  in6_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof out);
  return out;
}

template <class T>
bool set(int fd, int level, int name, const T& value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

std::string name_of(const Ear& ear) {
  return std::string(to_string(ear.family)) + " on interface " + std::to_string(ear.interface);
}

bool attach(int fd, const Filter& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  return set(fd, SOL_SOCKET, SO_ATTACH_FILTER, program);
}

// By its index (Linux 5.0): another interface may have the name by now.
bool bind_to(int fd, int interface) { return set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, interface); }

bool prepare_ipv4(int fd, Use use, int interface) {
  ip_mreqn membership{};
  membership.imr_multiaddr = to_in_addr(vrrp::multicast_group(net::Family::kIPv4));
  membership.imr_ifindex = interface;
  return set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
         (use == Use::kSends || set(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership)) &&
         set(fd, IPPROTO_IP, IP_MULTICAST_IF, membership) && set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) &&
         set(fd, IPPROTO_IP, IP_MULTICAST_TTL, vrrp::kTtl) && set(fd, IPPROTO_IP, IP_TTL, vrrp::kTtl) &&
         set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) && set(fd, IPPROTO_IP, IP_TOS, kClass);
}

// No IPV6_CHECKSUM: the kernel would drop what is wrong, and nobody would count it.
bool prepare_ipv6(int fd, int interface) {
  ipv6_mreq membership{};
  membership.ipv6mr_multiaddr = to_in6_addr(vrrp::multicast_group(net::Family::kIPv6));
  membership.ipv6mr_interface = static_cast<unsigned>(interface);
  return set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) && set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, membership) &&
         set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface) &&
         set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) &&
         set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, vrrp::kTtl) &&
         set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, vrrp::kTtl) &&
         set(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0) && set(fd, IPPROTO_IPV6, IPV6_TCLASS, kClass) &&
         set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) && set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

// The one control message of an advert: what it is sent from, and where it leaves.
struct SourceControl {
  alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(in6_pktinfo))] = {};
  std::size_t size = 0;
};

template <class PacketInfo>
void put(SourceControl& control, int level, int type, const PacketInfo& info) {
  auto* header = reinterpret_cast<cmsghdr*>(control.bytes);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  control.size = CMSG_SPACE(sizeof info);
}

SourceControl source_control(const net::IpAddress& source, int interface) {
  SourceControl out;
  if (source.is_v4()) {
    in_pktinfo info{};
    info.ipi_ifindex = interface;
    info.ipi_spec_dst = to_in_addr(source);
    put(out, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_ifindex = static_cast<unsigned>(interface);
    info.ipi6_addr = to_in6_addr(source);
    put(out, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  return out;
}

socklen_t put_destination(sockaddr_storage& out, const net::IpAddress& destination, int interface) {
  if (destination.is_v4()) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr = to_in_addr(destination);
    std::memcpy(&out, &to, sizeof to);
    return sizeof to;
  }
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_addr = to_in6_addr(destination);
  to.sin6_scope_id = static_cast<unsigned>(interface);
  std::memcpy(&out, &to, sizeof to);
  return sizeof to;
}

Datagram datagram(const Ear& ear, const sockaddr_in6& from, std::span<const std::uint8_t> control,
                  net::Bytes message) {
  if (ear.family == net::Family::kIPv4) return {ear, std::move(message)};
  const auto source = net::IpAddress::from_bytes(from.sin6_addr.s6_addr);
  return {ear, ipv6_message(source, read_control_messages(control), std::move(message))};
}

}  // namespace

Result<VrrpSocket> VrrpSocket::open(const Ear& ear, Use use, int receive_buffer) {
  const bool v4 = ear.family == net::Family::kIPv4;
  const std::string what = "VRRP socket for " + name_of(ear);
  VrrpSocket out(ear, sys::UniqueFd(socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                           kVrrpProtocol)));
  if (out.fd() < 0) return socket_error(errno, what);
  // Until it is bound, it hears every interface.
  if (!attach(out.fd(), silence()) || !bind_to(out.fd(), ear.interface)) return socket_error(errno, what);
  out.discard();
  if (!(v4 ? prepare_ipv4(out.fd(), use, ear.interface) : prepare_ipv6(out.fd(), ear.interface))) {
    return socket_error(errno, what);
  }
  // After IP_TOS, which sets a priority of its own.
  if (const auto prepared = out.set_priority(Fence::kOpens); !prepared) return prepared.error();
  if (!set(out.fd(), SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer)) {
    (void)set(out.fd(), SOL_SOCKET, SO_RCVBUF, receive_buffer);
  }
  return out;
}

Result<> VrrpSocket::hear(const Filter& filter) {
  if (!attach(fd(), filter)) return socket_error(errno, "VRRP filter for " + name_of(ear_));
  return Done{};
}

Result<> VrrpSocket::tell_refusals() {
  const bool told = ear_.family == net::Family::kIPv4 ? set(fd(), IPPROTO_IP, IP_RECVERR, 1)
                                                      : set(fd(), IPPROTO_IPV6, IPV6_RECVERR, 1);
  if (!told) return socket_error(errno, "VRRP socket for " + name_of(ear_));
  return Done{};
}

Result<> VrrpSocket::set_priority(Fence fence) {
  if (fence_ == fence) return Done{};
  const int priority = fence == Fence::kObeys ? filter::kContinuingAdvert : kSocketPriority;
  if (!set(fd(), SOL_SOCKET, SO_PRIORITY, priority)) {
    return socket_error(errno, "priority of VRRP socket for " + name_of(ear_));
  }
  fence_ = fence;
  return Done{};
}

Result<> VrrpSocket::send(const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message,
                          Fence fence) {
  if (const auto prepared = set_priority(fence); !prepared) return prepared;
  sockaddr_storage to{};
  SourceControl control = source_control(endpoints.source, ear_.interface);
  iovec piece{const_cast<std::uint8_t*>(message.data()), message.size()};
  msghdr header{};
  header.msg_name = &to;
  header.msg_namelen = put_destination(to, endpoints.destination, ear_.interface);
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = control.size;
  ssize_t sent = 0;
  do {
    sent = sendmsg(fd(), &header, MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0)
    return socket_error(errno, "advert to " + to_string(endpoints.destination) + " on interface " +
                                   std::to_string(ear_.interface));
  return Done{};
}

std::size_t VrrpSocket::receive(std::size_t limit, ReceiveBuffers& buffers, std::vector<Datagram>& out) {
  mmsghdr headers[ReceiveBuffers::kMessages] = {};
  iovec pieces[ReceiveBuffers::kMessages];
  sockaddr_in6 from[ReceiveBuffers::kMessages] = {};
  const std::size_t wanted = std::min(limit, ReceiveBuffers::kMessages);
  for (std::size_t i = 0; i < wanted; ++i) {
    pieces[i] = {&buffers.messages[i * ReceiveBuffers::kMessageSize], ReceiveBuffers::kMessageSize};
    msghdr& header = headers[i].msg_hdr;
    header.msg_iov = &pieces[i];
    header.msg_iovlen = 1;
    header.msg_name = &from[i];
    header.msg_namelen = sizeof from[i];
    header.msg_control = &buffers.control[i * ReceiveBuffers::kControlSize];
    header.msg_controllen = ReceiveBuffers::kControlSize;
  }
  // A socket error (link down) is told by this call once; the link's state comes by netlink.
  const int count = recvmmsg(fd(), headers, static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
  if (count <= 0) return 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto* first = static_cast<const std::uint8_t*>(pieces[i].iov_base);
    const auto* control = static_cast<const std::uint8_t*>(headers[i].msg_hdr.msg_control);
    out.push_back(datagram(ear_, from[i], {control, headers[i].msg_hdr.msg_controllen},
                           net::Bytes(first, first + headers[i].msg_len)));
  }
  return static_cast<std::size_t>(count);
}

void VrrpSocket::discard() {
  std::uint8_t byte = 0;
  while (recv(fd(), &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR) {
  }
}

}  // namespace fairlead::wire
