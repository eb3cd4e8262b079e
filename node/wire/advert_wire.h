#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "lib/sys/loop.h"

namespace fairlead::wire {

// One received IPv4 packet of protocol 112, IP header included, as it was on the wire.
struct Datagram {
  int interface = 0;
  net::Bytes packet;
};

// VRRP over IPv4 multicast on several interfaces. Owned by the vrrp thread; no call blocks.
class AdvertWire {
 public:
  virtual ~AdvertWire() = default;

  // Calls `wake` on the loop when a packet waits; call before the loop runs.
  virtual void on_packet(std::function<void()> wake) = 0;
  // Starts to listen on an interface (224.0.0.18, bound to the device, own packets not looped back).
  // Joining twice is one. Errors: kDenied (no NET_RAW), kUnavailable.
  virtual Result<> join(int interface) = 0;
  virtual void leave(int interface) = 0;
  // Sends one VRRP message from `source` to 224.0.0.18: TTL 255, TOS 0xc0, high socket priority.
  // REQUIRES: joined. Errors: kUnavailable (link down, buffers full).
  virtual Result<> send(int interface, const net::IpAddress& source,
                        std::span<const std::uint8_t> message) = 0;
  // Takes waiting packets, at most `limit`, in order of arrival per interface.
  virtual std::vector<Datagram> receive(std::size_t limit) = 0;
};

// The real one. `loop` must outlive it. Errors: kDenied (no NET_RAW), kUnavailable.
Result<std::unique_ptr<AdvertWire>> open_advert_wire(sys::Loop& loop);

}  // namespace fairlead::wire
