#pragma once

#include <linux/netlink.h>

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "lib/net/bytes.h"
#include "node/kernel/genl_batch.h"
#include "node/kernel/netlink_channel.h"

// The kernel's side of a netlink socket as a test would have it.
namespace fairlead::kernel::testing {

// A message that was sent.
struct Sent {
  nlmsghdr header{};
  net::Bytes payload;  // from the family header on
};

// What comes from the socket: a datagram, or an error in its place.
struct Came {
  net::Bytes bytes;
  std::uint32_t port = 0;
};
using Event = std::variant<Came, Error>;
using Events = std::vector<Event>;

// Remembers what is sent, and answers as `answer` says. When nothing is left: a time-out, at once.
class OddKernel {
 public:
  OpenNetlink opener() {
    return [this](int) -> Result<std::unique_ptr<NetlinkChannel>> {
      return std::unique_ptr<NetlinkChannel>(std::make_unique<Channel>(*this));
    };
  }
  std::unique_ptr<NetlinkChannel> channel() { return std::make_unique<Channel>(*this); }

  std::function<Events(const std::vector<Sent>&)> answer;
  std::vector<std::vector<Sent>> sent;  // a send each
  std::deque<Event> waiting;

 private:
  class Channel : public NetlinkChannel {
   public:
    explicit Channel(OddKernel& kernel) : kernel_(kernel) {}
    Result<> send(std::span<const std::uint8_t> bytes) override {
      std::vector<Sent> messages;
      while (bytes.size() >= sizeof(nlmsghdr)) {
        Sent one;
        std::memcpy(&one.header, bytes.data(), sizeof one.header);
        const auto body = bytes.first(one.header.nlmsg_len).subspan(sizeof one.header);
        one.payload.assign(body.begin(), body.end());
        bytes = bytes.subspan(one.header.nlmsg_len);
        messages.push_back(std::move(one));
      }
      kernel_.sent.push_back(messages);
      for (Event& event : kernel_.answer(messages)) kernel_.waiting.push_back(std::move(event));
      return Done{};
    }
    Result<Datagram> receive() override {
      if (kernel_.waiting.empty()) return fail(Code::kUnavailable, "receive netlink answer: EAGAIN");
      const Event event = std::move(kernel_.waiting.front());
      kernel_.waiting.pop_front();
      if (const auto* error = std::get_if<Error>(&event)) return *error;
      current_ = std::get<Came>(event);
      return Datagram{current_.port, current_.bytes};
    }
    void drop_what_waits() override { kernel_.waiting.clear(); }

   private:
    OddKernel& kernel_;
    Came current_;
  };
};

// A message of these bytes behind its nlmsghdr. REQUIRES: a body.
inline net::Bytes message(int type, int flags, std::uint32_t sequence, std::span<const std::uint8_t> body) {
  GenlBatch batch;
  batch.begin({static_cast<std::uint16_t>(type), static_cast<std::uint16_t>(flags), sequence}, body);
  batch.end();
  return {batch.bytes().begin(), batch.bytes().end()};
}

// NLMSG_ERROR (an acknowledgement, if `error` is 0) or NLMSG_DONE.
inline net::Bytes verdict(int type, std::uint32_t sequence, int error) {
  const int negative = -error;
  std::uint8_t body[sizeof negative];
  std::memcpy(body, &negative, sizeof negative);
  return message(type, 0, sequence, body);
}
inline net::Bytes failure(std::uint32_t sequence, int error) { return verdict(NLMSG_ERROR, sequence, error); }
inline net::Bytes acknowledgement(std::uint32_t sequence) { return failure(sequence, 0); }
inline net::Bytes done(std::uint32_t sequence) { return verdict(NLMSG_DONE, sequence, 0); }

// Several messages in one datagram.
inline net::Bytes joined(const std::vector<net::Bytes>& parts) {
  net::Bytes all;
  for (const net::Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace fairlead::kernel::testing
