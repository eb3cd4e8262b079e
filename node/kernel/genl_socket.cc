#include "node/kernel/genl_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/sys/errno_name.h"

namespace fairlead::kernel {
namespace {

constexpr int kReceiveBuffer = 16 << 20;
constexpr int kSendBuffer = 8 << 20;
constexpr std::size_t kReadSize = 256U << 10U;
constexpr time_t kTimeoutSeconds = 1;  // longer than kPatience

Code code_of(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return Code::kDenied;
    case ENOENT:
    case ESRCH:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kConflict;
    case EINVAL:
    case ERANGE:
    case EOPNOTSUPP:
      return Code::kInvalid;
    default:
      return Code::kUnavailable;
  }
}

void set_option(int fd, int level, int name, int value) {
  // Best effort: an older kernel answers in a longer form, a smaller buffer only costs speed.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

void prefer_forced(int fd, int forced, int plain, int size) {
  if (::setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0) set_option(fd, SOL_SOCKET, plain, size);
}

// The errno of an error or acknowledgement message; nullopt: cut short.
std::optional<int> error_of(std::span<const std::uint8_t> message) {
  int error = 0;
  if (message.size() < sizeof(nlmsghdr) + sizeof error) return std::nullopt;
  std::memcpy(&error, message.data() + sizeof(nlmsghdr), sizeof error);
  return -error;
}

struct Message {
  nlmsghdr header{};
  std::span<const std::uint8_t> bytes;  // header included
};

std::vector<Message> messages_of(std::span<const std::uint8_t> bytes) {
  std::vector<Message> all;
  while (bytes.size() >= sizeof(nlmsghdr)) {
    Message message;
    std::memcpy(&message.header, bytes.data(), sizeof message.header);
    if (message.header.nlmsg_len < sizeof(nlmsghdr) || message.header.nlmsg_len > bytes.size()) break;
    message.bytes = bytes.first(message.header.nlmsg_len);
    all.push_back(message);
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(message.header.nlmsg_len), bytes.size()));
  }
  return all;
}

}  // namespace

Error errno_error(const std::string& what, int error) {
  return fail(code_of(error), what + ": " + sys::errno_name(error));
}

GenlSocket::GenlSocket(sys::UniqueFd fd) : fd_(std::move(fd)), buffer_(kReadSize) {}

Result<GenlSocket> GenlSocket::open(int protocol) {
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
  return GenlSocket(std::move(fd));
}

// Late answers to a request that timed out must not be taken for answers to the next.
void GenlSocket::drop_what_waits() {
  while (::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
  }
}

Result<> GenlSocket::transmit(std::span<const std::uint8_t> bytes) {
  drop_what_waits();
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

Result<std::span<const std::uint8_t>> GenlSocket::receive() {
  while (true) {
    sockaddr_nl from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::kUnavailable, errno_error("receive netlink answer", errno).message);
    if (from.nl_pid != 0) continue;  // another process, not the kernel
    return std::span<const std::uint8_t>(buffer_.data(), static_cast<std::size_t>(got));
  }
}

Result<BatchOutcome> GenlSocket::send(GenlBatch& batch) {
  batch.acknowledge_last();
  // Several messages of a batch may fail, the first one too: only the last one's answer ends it.
  return exchange(batch, sequence_, sequence_);
}

Result<BatchOutcome> GenlSocket::transact(const GenlBatch& batch, std::uint32_t first,
                                          std::uint32_t barrier) {
  sequence_ = barrier + 1;
  return exchange(batch, first, barrier);
}

Result<BatchOutcome> GenlSocket::exchange(const GenlBatch& batch, std::uint32_t fatal,
                                          std::uint32_t barrier) {
  if (auto sent = transmit(batch.bytes()); !sent) return sent.error();
  BatchOutcome outcome;
  while (!outcome.complete) {
    const auto bytes = receive();
    if (!bytes) return outcome;  // incomplete: the caller reads the table again
    for (const Message& message : messages_of(*bytes)) {
      if (message.header.nlmsg_type != NLMSG_ERROR) continue;
      const auto error = error_of(message.bytes);
      if (error && *error != 0) outcome.failed[message.header.nlmsg_seq] = *error;
      if (message.header.nlmsg_seq == barrier || message.header.nlmsg_seq == fatal) outcome.complete = true;
    }
  }
  return outcome;
}

Result<> GenlSocket::ask(const GenlBatch& batch, std::uint32_t sequence, bool dump,
                         const std::function<void(const Reply&)>& on_reply) {
  if (auto sent = transmit(batch.bytes()); !sent) return sent;
  bool interrupted = false;
  while (true) {
    const auto bytes = receive();
    if (!bytes) return bytes.error();
    for (const Message& message : messages_of(*bytes)) {
      if (message.header.nlmsg_seq != sequence) continue;
      if ((message.header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (message.header.nlmsg_type == NLMSG_ERROR || message.header.nlmsg_type == NLMSG_DONE) {
        // Both carry an errno; a dump that ends early says so in its last message.
        const int error = error_of(message.bytes).value_or(EBADMSG);
        if (error != 0) return errno_error("netlink request", error);
        if (interrupted) return fail(Code::kUnavailable, "netlink dump interrupted by another writer");
        return Done{};
      }
      on_reply({message.header.nlmsg_type, message.bytes.subspan(sizeof(nlmsghdr))});
      if (!dump) return Done{};
    }
  }
}

}  // namespace fairlead::kernel
