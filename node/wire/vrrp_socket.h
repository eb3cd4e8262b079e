#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/unique_fd.h"
#include "node/vrrp/checksum.h"
#include "node/wire/advert_wire.h"
#include "node/wire/vrrp_filter.h"

namespace fairlead::wire {

// Room for one call that receives several messages; reused by all sockets of a thread.
struct ReceiveBuffers {
  static constexpr std::size_t kMessages = 32;
  static constexpr std::size_t kMessageSize = 4352;  // 255 IPv6 addresses, and something behind them
  static constexpr std::size_t kControlSize = 256;
  std::vector<std::uint8_t> messages = std::vector<std::uint8_t>(kMessages * kMessageSize);
  std::vector<std::uint8_t> control = std::vector<std::uint8_t>(kMessages * kControlSize);
};

// What a socket is for. The kernel copies each message for each socket that could hear it, before the filter
// is asked: one that only sends is in no IPv4 group.
enum class Use { kHears, kSends };

// One raw socket of protocol 112, bound to the interface of its ear (vrrp.md 2); one that hears is joined to
// the multicast group there. Its filter is silence() until hear(). Move-only; never blocks.
class VrrpSocket {
 public:
  // `receive_buffer` in bytes, beyond the system's limit where the kernel lets us.
  // Errors: kDenied (no NET_RAW), kUnavailable (no such interface, its IPv6 is off).
  static Result<VrrpSocket> open(const Ear& ear, Use use, int receive_buffer);

  int fd() const { return fd_.get(); }
  // Replaces the filter. Errors: kUnavailable.
  Result<> hear(const Filter& filter);
  // From now on send() fails if the kernel drops the message itself (egress hook, full queue). What hosts say
  // of earlier messages (ICMP) is told on the socket too, up to its receive buffer: it fails no send() of a
  // raw socket, so nobody reads it. Errors: kUnavailable.
  Result<> tell_refusals();
  // As AdvertWire::send.
  Result<> send(const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message, Fence fence);
  // Appends waiting messages, at most `limit` and at most ReceiveBuffers::kMessages. Returns how many.
  std::size_t receive(std::size_t limit, ReceiveBuffers& buffers, std::vector<Datagram>& out);
  // Throws away what waits. REQUIRES: silence() is the filter, else this may not end under a flood.
  void discard();

 private:
  VrrpSocket(const Ear& ear, sys::UniqueFd fd) : ear_(ear), fd_(std::move(fd)) {}

  Result<> set_priority(Fence fence);

  Ear ear_;
  sys::UniqueFd fd_;
  std::optional<Fence> fence_;  // whose socket priority is set
};

}  // namespace fairlead::wire
