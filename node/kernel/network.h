#pragma once

#include <functional>
#include <map>
#include <memory>

#include "lib/base/result.h"
#include "lib/sys/loop.h"
#include "node/address/interface.h"
#include "node/address/renewal.h"

namespace fairlead::kernel {

// The links, addresses and default gateways of this network namespace as the kernel tells them: one full
// dump at the start, events afterwards, and a full dump again whenever the kernel says that events were
// lost (ENOBUFS) or a dump was disturbed. Reads only. Owned by the vrrp thread.
class Network {
 public:
  virtual ~Network() = default;

  // Calls `wake` on the loop when there is news; call before the loop runs.
  virtual void on_news(std::function<void()> wake) = 0;
  // Takes in all waiting events. True if the view changed.
  virtual bool update() = 0;
  // By interface index. Valid until the next update().
  virtual const std::map<int, address::Interface>& interfaces() const = 0;
  // Asks when the addresses with our tag were renewed last. Empty if the kernel does not answer, or its clock
  // cannot be understood.
  virtual address::Renewals renewals() = 0;
};

// The real one. `loop` must outlive it. Errors: kUnavailable.
Result<std::unique_ptr<Network>> open_network(sys::Loop& loop);

}  // namespace fairlead::kernel
