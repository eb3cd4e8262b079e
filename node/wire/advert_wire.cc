#include "node/wire/advert_wire.h"

#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "lib/sys/errno_name.h"
#include "lib/sys/unique_fd.h"
#include "node/vrrp/packet.h"

namespace fairlead::wire {
namespace {

constexpr int kVrrpProtocol = 112;
constexpr int kTtl = 255;
constexpr int kTos = 0xc0;
constexpr int kSocketPriority = 6;  // TC_PRIO_INTERACTIVE, the highest without NET_ADMIN
constexpr std::size_t kPacketSize = 2048;
constexpr std::size_t kBatch = 32;

Error socket_error(int error, const std::string& what) {
  const Code code = error == EPERM || error == EACCES ? Code::kDenied : Code::kUnavailable;
  return fail(code, what + ": " + sys::errno_name(error));
}

in_addr to_in_addr(const net::IpAddress& address) {
  in_addr out{};
  std::memcpy(&out, address.bytes().data(), sizeof out);
  return out;
}

template <class T>
bool set(int fd, int level, int name, const T& value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// What vrrp.md 2 asks of the socket: bound to the device, own packets not looped back, DF clear.
Result<sys::UniqueFd> open_socket(int interface) {
  const std::string what = "VRRP socket on interface " + std::to_string(interface);
  sys::UniqueFd fd(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, kVrrpProtocol));
  if (!fd.valid()) return socket_error(errno, what);
  char name[IF_NAMESIZE] = {};
  if (if_indextoname(static_cast<unsigned>(interface), name) == nullptr) return socket_error(errno, what);
  ip_mreqn membership{};
  membership.imr_multiaddr = to_in_addr(vrrp::multicast_group(net::Family::kIPv4));
  membership.imr_ifindex = interface;
  const int discover = IP_PMTUDISC_DONT;
  const int off = 0;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, name, static_cast<socklen_t>(std::strlen(name))) !=
          0 ||
      !set(fd.get(), IPPROTO_IP, IP_MULTICAST_ALL, off) ||
      !set(fd.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, membership) ||
      !set(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, membership) ||
      !set(fd.get(), IPPROTO_IP, IP_MULTICAST_LOOP, off) ||
      !set(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, kTtl) || !set(fd.get(), IPPROTO_IP, IP_TTL, kTtl) ||
      !set(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, discover) || !set(fd.get(), IPPROTO_IP, IP_TOS, kTos) ||
      // After IP_TOS, which sets a priority of its own.
      !set(fd.get(), SOL_SOCKET, SO_PRIORITY, kSocketPriority)) {
    return socket_error(errno, what);
  }
  return fd;
}

class RealAdvertWire : public AdvertWire {
 public:
  explicit RealAdvertWire(sys::Loop& loop) : loop_(loop) {}

  void on_packet(std::function<void()> wake) override { wake_ = std::move(wake); }

  Result<> listen(const Ear& ear, const std::set<vrrp::VirtualRouterId>&) override {
    if (ears_.contains(ear)) return Done{};
    if (ear.family != net::Family::kIPv4) return fail(Code::kUnavailable, "VRRP over IPv6 is not built yet");
    auto fd = open_socket(ear.interface);
    if (!fd) return fd.error();
    const int number = fd->get();
    Port port{std::move(*fd), nullptr};
    port.watch = std::make_unique<sys::ReadWatch>(loop_, number, [this] {
      if (wake_) wake_();
    });
    ears_.emplace(ear, std::move(port));
    return Done{};
  }

  void leave(const Ear& ear) override { ears_.erase(ear); }

  Result<> send(int interface, const vrrp::Endpoints& endpoints,
                std::span<const std::uint8_t> message) override {
    const auto port = ears_.find({interface, endpoints.source.family()});
    const std::string what = "advert on interface " + std::to_string(interface);
    if (port == ears_.end()) return fail(Code::kUnavailable, what + ": not listening");
    sockaddr_in group{};
    group.sin_family = AF_INET;
    group.sin_addr = to_in_addr(endpoints.destination);
    iovec piece{const_cast<std::uint8_t*>(message.data()), message.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))] = {};
    msghdr header{};
    header.msg_name = &group;
    header.msg_namelen = sizeof group;
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* entry = CMSG_FIRSTHDR(&header);
    entry->cmsg_level = IPPROTO_IP;
    entry->cmsg_type = IP_PKTINFO;
    entry->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_ifindex = interface;
    info.ipi_spec_dst = to_in_addr(endpoints.source);
    std::memcpy(CMSG_DATA(entry), &info, sizeof info);
    ssize_t sent = 0;
    do {
      sent = sendmsg(port->second.fd.get(), &header, MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return socket_error(errno, what);
    return Done{};
  }

  std::vector<Datagram> receive(std::size_t limit) override {
    std::vector<Datagram> out;
    for (auto& [ear, port] : ears_) receive_from(ear, port.fd.get(), limit, out);
    return out;
  }

 private:
  struct Port {
    sys::UniqueFd fd;
    std::unique_ptr<sys::ReadWatch> watch;  // destroyed before the descriptor is closed
  };

  void receive_from(const Ear& ear, int fd, std::size_t limit, std::vector<Datagram>& out) {
    while (out.size() < limit) {
      mmsghdr headers[kBatch] = {};
      iovec pieces[kBatch];
      for (std::size_t i = 0; i < kBatch; ++i) {
        pieces[i] = {buffers_[i], kPacketSize};
        headers[i].msg_hdr.msg_iov = &pieces[i];
        headers[i].msg_hdr.msg_iovlen = 1;
      }
      const auto wanted = static_cast<unsigned>(std::min(kBatch, limit - out.size()));
      const int count = recvmmsg(fd, headers, wanted, MSG_DONTWAIT, nullptr);
      // A socket error (link down) is told by this call once; the link's state comes by netlink.
      if (count <= 0) return;
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        out.push_back({ear, net::Bytes(buffers_[i], buffers_[i] + headers[i].msg_len)});
      }
    }
  }

  sys::Loop& loop_;
  std::function<void()> wake_;
  std::map<Ear, Port> ears_;
  std::uint8_t buffers_[kBatch][kPacketSize];
};

}  // namespace

Result<std::unique_ptr<AdvertWire>> open_advert_wire(sys::Loop& loop) {
  // Ask for the right now, not when the first group starts.
  const sys::UniqueFd probe(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, kVrrpProtocol));
  if (!probe.valid()) return socket_error(errno, "VRRP socket (NET_RAW is needed)");
  return std::unique_ptr<AdvertWire>(std::make_unique<RealAdvertWire>(loop));
}

}  // namespace fairlead::wire
