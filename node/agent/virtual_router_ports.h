#pragma once

#include <functional>
#include <memory>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/loop.h"
#include "node/kernel/addresses.h"
#include "node/kernel/network.h"
#include "node/wire/advert_wire.h"
#include "node/wire/announcer.h"

namespace fairlead::agent {

// The clocks of the vrrp thread, and the one alarm that wakes it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() = 0;           // monotonic: every timer
  virtual Microseconds boot_time() = 0;  // counts suspend: the gap between adverts only
  virtual WallTime wall() = 0;           // for people only
  // Calls `task` once, on the loop, at or after `deadline`; replaces the alarm set before.
  virtual void wake_at(TimePoint deadline, std::function<void()> task) = 0;
};

// Everything through which VirtualRouters touches the world. Tests give fakes.
struct VirtualRouterPorts {
  std::unique_ptr<Clock> clock;
  std::unique_ptr<kernel::Addresses> addresses;
  std::unique_ptr<kernel::Network> network;
  std::unique_ptr<wire::AdvertWire> adverts;
  std::unique_ptr<wire::Announcer> announcer;
  // Called with the time at which a turn began to look at its timers, at the end of each after which every
  // advert that was due by then has left, and whoever is not Active holds nothing. Empty: nobody asks.
  std::function<void(TimePoint)> turned;
};

// The real ones: rtnetlink, raw VRRP sockets, a packet socket for ARP, the loop's clock. Call on the loop's
// thread or before it runs; `loop` must outlive them.
// Errors: kDenied (no NET_ADMIN or NET_RAW; the message says which), kUnavailable.
Result<VirtualRouterPorts> open_virtual_router_ports(sys::Loop& loop);

}  // namespace fairlead::agent
