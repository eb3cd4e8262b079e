#include "node/wire/advert_wire.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "lib/sys/unique_fd.h"
#include "node/vrrp/packet.h"

namespace fairlead::wire {
namespace {

constexpr int kVrrpProtocol = 112;      // RFC 9568 section 5.1.1.4
constexpr int kTimeToLive = 255;        // section 5.1.1.3
constexpr int kInternetControl = 0xc0;  // precedence of routing protocols
constexpr int kSocketPriority = 6;      // TC_PRIO_INTERACTIVE: the highest without a privilege
constexpr int kReceiveBuffer = 1 << 20;
constexpr std::size_t kLongestPacket = 2048;  // 60 + 8 + 255 * 4, and some

Error system_error(const std::string& what, int number) {
  const bool denied = number == EPERM || number == EACCES;
  return fail(denied ? Code::kDenied : Code::kUnavailable, what + ": " + std::strerror(number));
}

in_addr in_addr_of(const net::IpAddress& address) {
  in_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof out);
  return out;
}

Result<> set_option(int fd, int level, int name, int value, const char* text) {
  if (setsockopt(fd, level, name, &value, sizeof value) == 0) return Done{};
  return system_error(std::string("set ") + text + " on the VRRP socket", errno);
}

// A raw socket that hears and speaks VRRP on one interface only.
Result<sys::UniqueFd> open_socket(int interface) {
  sys::UniqueFd fd(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, kVrrpProtocol));
  if (!fd.valid()) return system_error("open a raw socket for VRRP (needs NET_RAW)", errno);
  ip_mreqn group{};
  group.imr_multiaddr = in_addr_of(vrrp::multicast_group());
  group.imr_ifindex = interface;
  for (const auto& done : {
           set_option(fd.get(), SOL_SOCKET, SO_BINDTOIFINDEX, interface, "SO_BINDTOIFINDEX"),
           set_option(fd.get(), SOL_SOCKET, SO_PRIORITY, kSocketPriority, "SO_PRIORITY"),
           set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBuffer, "SO_RCVBUF"),
           set_option(fd.get(), IPPROTO_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP"),
           set_option(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, kTimeToLive, "IP_MULTICAST_TTL"),
           set_option(fd.get(), IPPROTO_IP, IP_TTL, kTimeToLive, "IP_TTL"),
           set_option(fd.get(), IPPROTO_IP, IP_TOS, kInternetControl, "IP_TOS"),
       }) {
    if (!done) return done.error();
  }
  if (setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group) != 0 ||
      setsockopt(fd.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
    return system_error("join 224.0.0.18 on interface " + std::to_string(interface), errno);
  }
  return fd;
}

class RawAdvertWire final : public AdvertWire {
 public:
  explicit RawAdvertWire(sys::Loop& loop) : loop_(loop) {}

  void on_packet(std::function<void()> wake) override { wake_ = std::move(wake); }

  Result<> join(int interface) override {
    if (sockets_.contains(interface)) return Done{};
    auto fd = open_socket(interface);
    if (!fd) return fd.error();
    Socket& socket = sockets_[interface];
    socket.fd = std::move(*fd);
    socket.watch = std::make_unique<sys::ReadWatch>(loop_, socket.fd.get(), [this] {
      if (wake_) wake_();
    });
    return Done{};
  }

  void leave(int interface) override { sockets_.erase(interface); }

  Result<> send(int interface, const net::IpAddress& source, std::span<const std::uint8_t> message) override {
    const auto found = sockets_.find(interface);
    if (found == sockets_.end()) return fail(Code::kInternal, "send an advert on an interface not joined");
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr = in_addr_of(vrrp::multicast_group());
    iovec bytes{const_cast<std::uint8_t*>(message.data()), message.size()};
    // IP_PKTINFO chooses the source per packet, so a changed primary address needs no new socket.
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
    msghdr header{};
    header.msg_name = &to;
    header.msg_namelen = sizeof to;
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* info = CMSG_FIRSTHDR(&header);
    info->cmsg_level = IPPROTO_IP;
    info->cmsg_type = IP_PKTINFO;
    info->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo value{};
    value.ipi_ifindex = interface;
    value.ipi_spec_dst = in_addr_of(source);
    std::memcpy(CMSG_DATA(info), &value, sizeof value);
    if (sendmsg(found->second.fd.get(), &header, MSG_DONTWAIT) >= 0) return Done{};
    return system_error("send an advert on interface " + std::to_string(interface), errno);
  }

  std::vector<Datagram> receive(std::size_t limit) override {
    std::vector<Datagram> out;
    for (auto& [interface, socket] : sockets_) {
      while (out.size() < limit) {
        net::Bytes packet(kLongestPacket);
        const ssize_t size = recv(socket.fd.get(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) break;  // drained, or the link went down: links are told by the network view
        packet.resize(static_cast<std::size_t>(size));
        out.push_back({interface, std::move(packet)});
      }
    }
    return out;
  }

 private:
  struct Socket {
    sys::UniqueFd fd;
    std::unique_ptr<sys::ReadWatch> watch;  // after fd: it is gone before the descriptor closes
  };
  sys::Loop& loop_;
  std::function<void()> wake_;
  std::map<int, Socket> sockets_;
};

}  // namespace

Result<std::unique_ptr<AdvertWire>> open_advert_wire(sys::Loop& loop) {
  const sys::UniqueFd probe(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, kVrrpProtocol));
  if (!probe.valid()) return system_error("open a raw socket for VRRP (needs NET_RAW)", errno);
  return std::unique_ptr<AdvertWire>(std::make_unique<RawAdvertWire>(loop));
}

}  // namespace fairlead::wire
