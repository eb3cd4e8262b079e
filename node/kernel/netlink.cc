#include "node/kernel/netlink.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "lib/sys/loop.h"

namespace fairlead::kernel {
namespace {

constexpr int kBuffer = 8 << 20;  // of the socket, both directions
constexpr Seconds kAnswerWithin{1};
constexpr int kDumpTries = 30;

// nlmsgerr's errno, negated to be positive. REQUIRES: type NLMSG_ERROR.
int error_of(const NetlinkMessage& message) {
  int number = 0;
  if (message.payload.size() >= sizeof number) std::memcpy(&number, message.payload.data(), sizeof number);
  return -number;
}

// Calls `each` with header and message, in order, as far as the lengths hold.
template <class Each>
void split(std::span<const std::uint8_t> bytes, Each each) {
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return;
    each(header,
         NetlinkMessage{header.nlmsg_type, bytes.subspan(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN)});
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
}

void force_buffers(int fd) {
  for (const auto& [forced, plain] : {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, {SO_SNDBUFFORCE, SO_SNDBUF}}) {
    if (setsockopt(fd, SOL_SOCKET, forced, &kBuffer, sizeof kBuffer) != 0) {
      setsockopt(fd, SOL_SOCKET, plain, &kBuffer, sizeof kBuffer);
    }
  }
}

}  // namespace

void NetlinkBatch::grow(std::size_t bytes) { bytes_.resize(bytes_.size() + bytes, 0); }

nlmsghdr* NetlinkBatch::header(std::size_t index) {
  return reinterpret_cast<nlmsghdr*>(bytes_.data() + starts_[index]);
}

void NetlinkBatch::begin(std::uint16_t type, std::uint16_t flags,
                         std::span<const std::uint8_t> header_bytes) {
  starts_.push_back(bytes_.size());
  grow(NLMSG_HDRLEN + NLMSG_ALIGN(header_bytes.size()));
  nlmsghdr* const h = header(count() - 1);
  h->nlmsg_type = type;
  h->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  std::memcpy(bytes_.data() + starts_.back() + NLMSG_HDRLEN, header_bytes.data(), header_bytes.size());
  h->nlmsg_len = static_cast<std::uint32_t>(bytes_.size() - starts_.back());
}

void NetlinkBatch::put(std::uint16_t attribute, std::span<const std::uint8_t> value) {
  const std::size_t at = bytes_.size();
  grow(NLA_HDRLEN + NLA_ALIGN(value.size()));
  const nlattr head{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), attribute};
  std::memcpy(bytes_.data() + at, &head, sizeof head);
  if (!value.empty()) std::memcpy(bytes_.data() + at + NLA_HDRLEN, value.data(), value.size());
  header(count() - 1)->nlmsg_len = static_cast<std::uint32_t>(bytes_.size() - starts_.back());
}

void NetlinkBatch::put_u8(std::uint16_t attribute, std::uint8_t value) { put(attribute, {&value, 1}); }

void NetlinkBatch::put_u16(std::uint16_t attribute, std::uint16_t value) {
  put(attribute, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
}

void NetlinkBatch::put_u32(std::uint16_t attribute, std::uint32_t value) {
  put(attribute, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
}

void NetlinkBatch::put_text(std::uint16_t attribute, std::string_view value) {
  const std::string terminated(value);
  put(attribute, {reinterpret_cast<const std::uint8_t*>(terminated.c_str()), terminated.size() + 1});
}

std::size_t NetlinkBatch::open(std::uint16_t attribute) {
  const std::size_t at = bytes_.size();
  put(static_cast<std::uint16_t>(attribute | NLA_F_NESTED), {});
  return at;
}

void NetlinkBatch::close(std::size_t at) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
  std::memcpy(bytes_.data() + at, &length, sizeof length);
}

std::vector<NetlinkAttribute> attributes(std::span<const std::uint8_t> bytes) {
  std::vector<NetlinkAttribute> out;
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr head;
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.nla_len < NLA_HDRLEN || head.nla_len > bytes.size()) return out;
    out.push_back({static_cast<std::uint16_t>(head.nla_type & NLA_TYPE_MASK),
                   bytes.subspan(NLA_HDRLEN, static_cast<std::size_t>(head.nla_len - NLA_HDRLEN))});
    bytes = bytes.subspan(std::min<std::size_t>(NLA_ALIGN(head.nla_len), bytes.size()));
  }
  return out;
}

std::uint32_t u32_of(const NetlinkAttribute& attribute) {
  std::uint32_t value = 0;
  if (attribute.value.size() >= sizeof value) std::memcpy(&value, attribute.value.data(), sizeof value);
  return value;
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol, std::uint32_t groups) {
  sys::UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd.valid()) return netlink_error("open a netlink socket", errno);
  force_buffers(fd.get());
  const int on = 1;
  setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_groups = groups;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self) != 0) {
    return netlink_error("bind a netlink socket", errno);
  }
  return NetlinkSocket(std::move(fd));
}

Result<> NetlinkSocket::send(NetlinkBatch& batch) {
  for (std::size_t i = 0; i < batch.count(); ++i) batch.header(i)->nlmsg_seq = ++sequence_;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    const ssize_t sent = sendto(fd_.get(), batch.bytes_.data(), batch.bytes_.size(), 0,
                                reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
    if (sent >= 0) return Done{};
    if (errno != EINTR) return netlink_error("send to netlink", errno);
  }
}

// Waits at most a second for the next datagram from the kernel; its size in buffer_.
Result<std::size_t> NetlinkSocket::receive() {
  const TimePoint deadline = sys::now() + kAnswerWithin;
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - sys::now()).count();
    pollfd wait{fd_.get(), POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(Code::kUnavailable, "netlink did not answer within 1 s");
    sockaddr_nl from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return netlink_error("receive from netlink", errno);
    if (from.nl_pid == 0) return static_cast<std::size_t>(got);
  }
}

Result<std::vector<int>> NetlinkSocket::transact(NetlinkBatch batch) {
  std::vector<int> out(batch.count(), 0);
  if (out.empty()) return out;
  batch.header(batch.count() - 1)->nlmsg_flags |= NLM_F_ACK;
  if (auto sent = send(batch); !sent) return sent.error();
  const std::uint32_t first = sequence_ - static_cast<std::uint32_t>(out.size()) + 1;
  for (bool finished = false; !finished;) {
    auto size = receive();
    if (!size) return size.error();
    split(std::span(buffer_).first(*size), [&](const nlmsghdr& header, const NetlinkMessage& message) {
      const std::uint32_t index = header.nlmsg_seq - first;
      if (message.type != NLMSG_ERROR || index >= out.size()) return;
      out[index] = error_of(message);
      if (index + 1 == out.size()) finished = true;
    });
  }
  return out;
}

// True if the dump is whole, false if it must be repeated.
Result<bool> NetlinkSocket::dump_once(NetlinkBatch& request,
                                      const std::function<void(const NetlinkMessage&)>& each) {
  if (auto sent = send(request); !sent) return sent.error();
  bool disturbed = false;
  int number = 0;
  for (bool finished = false; !finished;) {
    auto size = receive();
    if (!size) return size.error();
    split(std::span(buffer_).first(*size), [&](const nlmsghdr& header, const NetlinkMessage& message) {
      if (header.nlmsg_seq != sequence_ || finished) return;
      disturbed = disturbed || (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (message.type == NLMSG_DONE || message.type == NLMSG_ERROR) {
        finished = true;
        number = error_of(message);
      } else {
        each(message);
      }
    });
  }
  if (number != 0) return netlink_error("dump from netlink", number);
  return !disturbed;
}

Result<> NetlinkSocket::dump(NetlinkBatch request, const std::function<void()>& restart,
                             const std::function<void(const NetlinkMessage&)>& each) {
  request.header(0)->nlmsg_flags |= NLM_F_DUMP;
  for (int tries = 0; tries < kDumpTries; ++tries) {
    restart();
    auto whole = dump_once(request, each);
    if (!whole) return whole.error();
    if (*whole) return Done{};
  }
  return fail(Code::kUnavailable, "others write so often that no dump came through whole in 30 tries");
}

bool NetlinkSocket::events(const std::function<void(const NetlinkMessage&)>& each) {
  for (;;) {
    const ssize_t got = recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    split(std::span(buffer_).first(static_cast<std::size_t>(got)),
          [&](const nlmsghdr&, const NetlinkMessage& message) { each(message); });
  }
}

Error netlink_error(std::string_view what, int number) {
  const auto code = [&] {
    switch (number) {
      case EPERM:
      case EACCES:
        return Code::kDenied;
      case ENOENT:
      case ESRCH:
      case ENODEV:
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
  }();
  return fail(code, std::string(what) + ": " + std::strerror(number));
}

}  // namespace fairlead::kernel
