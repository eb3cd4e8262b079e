#include "node/kernel/netlink_answers.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "node/kernel/kernel_error.h"

namespace fairlead::kernel {
namespace {

struct Message {
  nlmsghdr header{};
  std::span<const std::uint8_t> bytes;  // header included
};

// Takes the first message off; nullopt: what is left is none.
std::optional<Message> next_message(std::span<const std::uint8_t>& bytes) {
  Message message;
  if (bytes.size() < sizeof message.header) return std::nullopt;
  std::memcpy(&message.header, bytes.data(), sizeof message.header);
  const std::size_t length = message.header.nlmsg_len;
  if (length < sizeof message.header || length > bytes.size()) return std::nullopt;
  message.bytes = bytes.first(length);
  const std::size_t padded = (length + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
  bytes = bytes.subspan(std::min(padded, bytes.size()));
  return message;
}

// The errno of an error, an acknowledgement (0) or the end of a dump. EBADMSG: cut short, or no errno.
int errno_of(const Message& message) {
  constexpr int kLargest = 4095;  // MAX_ERRNO
  int error = 0;
  if (message.bytes.size() < sizeof(nlmsghdr) + sizeof error) return EBADMSG;
  std::memcpy(&error, message.bytes.data() + sizeof(nlmsghdr), sizeof error);
  return error > 0 || error < -kLargest ? EBADMSG : -error;
}

Error cut_short() { return fail(Code::kUnavailable, "netlink answer cut short"); }

}  // namespace

std::optional<Result<>> RequestAnswers::take(std::span<const std::uint8_t> datagram,
                                             const std::function<void(const Reply&)>& on_reply) {
  while (!datagram.empty()) {
    const auto message = next_message(datagram);
    if (!message) return cut_short();
    const nlmsghdr& header = message->header;
    if (header.nlmsg_seq != sequence_ || header.nlmsg_type == NLMSG_NOOP) continue;
    if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
    if (header.nlmsg_type == NLMSG_OVERRUN) return fail(Code::kUnavailable, "netlink answers lost");
    if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
      // Both carry an errno; a dump that ends early says so in its last message.
      const int error = errno_of(*message);
      if (error != 0) return errno_error("netlink request", error);
      if (interrupted_) return fail(Code::kUnavailable, "netlink dump interrupted by another writer");
      return Done{};
    }
    on_reply({header.nlmsg_type, message->bytes.subspan(sizeof(nlmsghdr))});
    if (!dump_) return Done{};
  }
  return std::nullopt;
}

bool BatchAnswers::take(std::span<const std::uint8_t> datagram) {
  while (!datagram.empty()) {
    const auto message = next_message(datagram);
    if (!message) {
      outcome_.complete = false;
      return false;
    }
    if (message->header.nlmsg_type != NLMSG_ERROR) continue;
    const std::uint32_t sequence = message->header.nlmsg_seq;
    const int error = errno_of(*message);
    if (error != 0) outcome_.failed[sequence] = error;
    if (sequence == barrier_ || sequence == fatal_) outcome_.complete = true;
  }
  return !outcome_.complete;
}

}  // namespace fairlead::kernel
