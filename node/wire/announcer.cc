#include "node/wire/announcer.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "lib/sys/unique_fd.h"
#include "node/wire/socket_error.h"

namespace fairlead::wire {
namespace {

class RealAnnouncer : public Announcer {
 public:
  explicit RealAnnouncer(sys::UniqueFd fd) : fd_(std::move(fd)) {}

  Result<> send(int interface, const std::vector<net::Bytes>& frames) override {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = interface;
    to.sll_halen = ETH_ALEN;
    std::size_t sent = 0;
    for (const net::Bytes& frame : frames) {
      std::memcpy(to.sll_addr, frame.data(), ETH_ALEN);
      ssize_t status = 0;
      do {
        status = sendto(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT,
                        reinterpret_cast<const sockaddr*>(&to), sizeof to);
      } while (status < 0 && errno == EINTR);
      if (status < 0) {
        return socket_error(errno, "announcement on interface " + std::to_string(interface) + " after " +
                                       std::to_string(sent) + " frames");
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
  // Protocol 0: this socket receives nothing.
  sys::UniqueFd fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return socket_error(errno, "ARP socket (NET_RAW is needed)");
  return std::unique_ptr<Announcer>(std::make_unique<RealAnnouncer>(std::move(fd)));
}

}  // namespace fairlead::wire
