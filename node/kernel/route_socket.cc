#include "node/kernel/route_socket.h"

#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "lib/sys/errno_name.h"

namespace fairlead::kernel {
namespace {

constexpr int kReceiveBuffer = 4 << 20;
constexpr std::size_t kReadSize = 256 << 10;
constexpr int kDumpAttempts = 10;

// NLMSG_DONE carries 0, or why the dump stops before its end.
int end_of_dump(const nlmsghdr& done) {
  int status = 0;
  if (done.nlmsg_len >= NLMSG_LENGTH(sizeof status)) std::memcpy(&status, NLMSG_DATA(&done), sizeof status);
  return status < 0 ? -status : 0;
}

}  // namespace

Error netlink_error(int error, const std::string& what) {
  Code code = Code::kUnavailable;
  if (error == EPERM || error == EACCES) code = Code::kDenied;
  if (error == EEXIST) code = Code::kConflict;
  if (error == EINVAL || error == EOPNOTSUPP) code = Code::kInvalid;
  if (error == ENODEV || error == EADDRNOTAVAIL || error == ESRCH) code = Code::kNotFound;
  return fail(code, what + ": " + sys::errno_name(error));
}

void RouteSocket::Close::operator()(nl_sock* socket) const { nl_socket_free(socket); }

RouteSocket::RouteSocket(std::unique_ptr<nl_sock, Close> socket)
    : socket_(std::move(socket)), buffer_(kReadSize) {}
RouteSocket::~RouteSocket() = default;
RouteSocket::RouteSocket(RouteSocket&&) noexcept = default;
RouteSocket& RouteSocket::operator=(RouteSocket&&) noexcept = default;

Result<RouteSocket> RouteSocket::open(const std::vector<int>& groups) {
  std::unique_ptr<nl_sock, Close> socket(nl_socket_alloc());
  if (socket == nullptr) return fail(Code::kUnavailable, "netlink socket: out of memory");
  errno = 0;
  if (const int status = nl_connect(socket.get(), NETLINK_ROUTE); status < 0) {
    // What is no error of netlink's own is none that nl_geterror() can name.
    if (status == -NLE_FAILURE && errno != 0) return netlink_error(errno, "netlink socket");
    return fail(Code::kUnavailable, std::string("netlink socket: ") + nl_geterror(status));
  }
  const int fd = nl_socket_get_fd(socket.get());
  // Without the right to go beyond the system's limit, the limit it is.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0) {
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  }
  const int on = 1;
  (void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);  // errors without the request's bytes
  const timeval second{1, 0};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second) != 0) {
    return netlink_error(errno, "netlink socket: receive time-out");
  }
  for (const int group : groups) {
    if (const int status = nl_socket_add_membership(socket.get(), group); status < 0) {
      return fail(Code::kUnavailable, "netlink group " + std::to_string(group) + ": " + nl_geterror(status));
    }
  }
  return RouteSocket(std::move(socket));
}

int RouteSocket::fd() const { return nl_socket_get_fd(socket_.get()); }

// A message that is an answer to that request of ours, and to nobody else's.
bool RouteSocket::answers(const nlmsghdr& message, std::uint32_t sequence) const {
  return message.nlmsg_seq == sequence && message.nlmsg_pid == nl_socket_get_local_port(socket_.get());
}

// One datagram of the kernel into buffer_. Others may write to this socket, too: theirs is skipped. One that
// is larger than the buffer counts as lost.
ssize_t RouteSocket::receive(int flags) {
  for (;;) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(fd(), buffer_.data(), buffer_.size(), flags | MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0 && errno == EINTR) continue;
    if (size >= 0 && from.nl_pid != 0) continue;
    if (size <= static_cast<ssize_t>(buffer_.size())) return size;
    errno = ENOBUFS;
    return -1;
  }
}

// Answers that came too late for their request fill the buffer, and the next request's would find no room.
void RouteSocket::forget_late_answers() {
  if (!std::exchange(late_answers_, false)) return;
  while (receive(MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
  }
}

Result<> RouteSocket::transact(std::span<const std::uint8_t> batch, std::uint32_t last,
                               const OnMessage& on_message) {
  forget_late_answers();
  const auto done = transact_once(batch, last, on_message);
  late_answers_ = !done;
  return done;
}

Result<> RouteSocket::transact_once(std::span<const std::uint8_t> batch, std::uint32_t last,
                                    const OnMessage& on_message) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = 0;
  do {
    sent = sendto(fd(), batch.data(), batch.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                  sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return netlink_error(errno, "netlink request");
  for (;;) {
    const ssize_t size = receive(0);
    if (size < 0) return netlink_error(errno == EAGAIN ? ETIMEDOUT : errno, "netlink answer");
    int left = static_cast<int>(size);
    for (auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      const bool is_last = header->nlmsg_type == NLMSG_ERROR && answers(*header, last);
      on_message(*header);
      if (is_last) return Done{};
    }
  }
}

Result<> RouteSocket::dump(int type, int family, const std::function<void()>& on_restart,
                           const OnMessage& on_message) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    on_restart();
    forget_late_answers();
    const auto whole = dump_once(type, family, on_message);
    late_answers_ = !whole;
    if (!whole) return whole.error();
    if (*whole) return Done{};
  }
  return fail(Code::kUnavailable, "netlink dump: disturbed ten times");
}

// True if the dump was whole, false if the kernel says that it was disturbed.
Result<bool> RouteSocket::dump_once(int type, int family, const OnMessage& on_message) {
  struct {
    nlmsghdr header;
    rtgenmsg general;
    std::uint8_t padding[3];
  } request{};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.general);
  request.header.nlmsg_type = static_cast<std::uint16_t>(type);
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = sequence();
  request.general.rtgen_family = static_cast<unsigned char>(family);
  if (send(fd(), &request, request.header.nlmsg_len, 0) < 0) return netlink_error(errno, "netlink dump");
  bool whole = true;
  for (;;) {
    const ssize_t size = receive(0);
    if (size < 0) return netlink_error(errno == EAGAIN ? ETIMEDOUT : errno, "netlink dump");
    int left = static_cast<int>(size);
    for (auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (!answers(*header, request.header.nlmsg_seq)) continue;
      if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) whole = false;
      if (header->nlmsg_type == NLMSG_DONE) {
        if (const int error = end_of_dump(*header); error != 0) return netlink_error(error, "netlink dump");
        return whole;
      }
      if (header->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(header));
        return netlink_error(-error->error, "netlink dump");
      }
      on_message(*header);
    }
  }
}

RouteSocket::Drained RouteSocket::drain(const OnMessage& on_message) {
  Drained drained = Drained::kAll;
  for (;;) {
    const ssize_t size = receive(MSG_DONTWAIT);
    if (size < 0 && errno == ENOBUFS) {
      drained = Drained::kOverrun;
      continue;
    }
    if (size <= 0) return drained;
    int left = static_cast<int>(size);
    for (auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      on_message(*header);
    }
  }
}

}  // namespace fairlead::kernel
