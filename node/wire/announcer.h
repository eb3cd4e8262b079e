#pragma once

#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/bytes.h"

namespace fairlead::wire {

// Sends whole Ethernet frames (gratuitous ARP, neighbour advertisements) on an interface. Owned by the vrrp
// thread; never blocks.
class Announcer {
 public:
  virtual ~Announcer() = default;
  // Sends the frames in order. Errors: kUnavailable (link down, buffers full), with how many had left.
  virtual Result<> send(int interface, const std::vector<net::Bytes>& frames) = 0;
};

// The real one. Errors: kDenied (no NET_RAW), kUnavailable.
Result<std::unique_ptr<Announcer>> open_announcer();

}  // namespace fairlead::wire
