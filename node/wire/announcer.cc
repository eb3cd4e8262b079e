#include "node/wire/announcer.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "lib/sys/unique_fd.h"

namespace fairlead::wire {
namespace {

class PacketAnnouncer final : public Announcer {
 public:
  explicit PacketAnnouncer(sys::UniqueFd fd) : fd_(std::move(fd)) {}

  Result<> send(int interface, const std::vector<net::Bytes>& frames) override {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = interface;
    to.sll_protocol = htons(ETH_P_ARP);
    to.sll_halen = ETH_ALEN;
    std::memset(to.sll_addr, 0xff, ETH_ALEN);
    std::size_t sent = 0;
    for (const net::Bytes& frame : frames) {
      if (sendto(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to),
                 sizeof to) < 0) {
        return fail(Code::kUnavailable, "announce on interface " + std::to_string(interface) + ": " +
                                            std::strerror(errno) + " after " + std::to_string(sent) + " of " +
                                            std::to_string(frames.size()) + " frames");
      }
      ++sent;
    }
    return Done{};
  }

 private:
  sys::UniqueFd fd_;
};

}  // namespace

Result<std::unique_ptr<Announcer>> open_announcer() {
  // Protocol 0: the socket sends, and receives nothing.
  sys::UniqueFd fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return fail(errno == EPERM ? Code::kDenied : Code::kUnavailable,
                std::string("open a packet socket for ARP (needs NET_RAW): ") + std::strerror(errno));
  }
  return std::unique_ptr<Announcer>(std::make_unique<PacketAnnouncer>(std::move(fd)));
}

}  // namespace fairlead::wire
