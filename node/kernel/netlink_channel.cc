#include "node/kernel/netlink_channel.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "lib/sys/unique_fd.h"
#include "node/kernel/kernel_error.h"

namespace fairlead::kernel {
namespace {

constexpr int kReceiveBuffer = 16 << 20;
constexpr int kSendBuffer = 8 << 20;
constexpr std::size_t kReadSize = 256U << 10U;
constexpr time_t kTimeoutSeconds = 1;  // longer than kPatience

void set_option(int fd, int level, int name, int value) {
  // Best effort: an older kernel answers in a longer form, a smaller buffer only costs speed.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

void prefer_forced(int fd, int forced, int plain, int size) {
  if (::setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0) set_option(fd, SOL_SOCKET, plain, size);
}

class NetlinkSocket : public NetlinkChannel {
 public:
  explicit NetlinkSocket(sys::UniqueFd fd) : fd_(std::move(fd)), buffer_(kReadSize) {}

  Result<> send(std::span<const std::uint8_t> bytes) override {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent = -1;
    do {
      sent = ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
                      sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno_error("send netlink message", errno);
    return Done{};
  }

  Result<Datagram> receive() override {
    sockaddr_nl from{};
    socklen_t size = sizeof from;
    ssize_t got = -1;
    do {
      // MSG_TRUNC: tells the whole length of what did not fit.
      got = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                       reinterpret_cast<sockaddr*>(&from), &size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(Code::kUnavailable, errno_error("receive netlink answer", errno).message);
    const auto length = static_cast<std::size_t>(got);
    if (length > buffer_.size()) {
      return fail(Code::kUnavailable,
                  "receive netlink answer: " + std::to_string(length) + " bytes in one datagram");
    }
    return Datagram{from.nl_pid, std::span<const std::uint8_t>(buffer_.data(), length)};
  }

  void drop_what_waits() override {
    while (::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
    }
  }

 private:
  sys::UniqueFd fd_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

Result<std::unique_ptr<NetlinkChannel>> open_netlink(int protocol) {
  sys::UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd.valid()) return errno_error("open netlink socket", errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return errno_error("bind netlink socket", errno);
  }
  set_option(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, 1);
  set_option(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, 1);
  prefer_forced(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF, kReceiveBuffer);
  prefer_forced(fd.get(), SO_SNDBUFFORCE, SO_SNDBUF, kSendBuffer);
  const timeval timeout{kTimeoutSeconds, 0};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0) {
    return errno_error("set netlink time-out", errno);
  }
  return std::unique_ptr<NetlinkChannel>(std::make_unique<NetlinkSocket>(std::move(fd)));
}

}  // namespace fairlead::kernel
