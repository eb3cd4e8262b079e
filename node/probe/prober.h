#pragma once

#include <functional>
#include <memory>

#include "lib/sys/loop.h"
#include "node/health/check.h"

namespace fairlead::probe {

// An attempt that is running. Destroying it gives it up: its `done` is not called any more.
class Probe {
 public:
  virtual ~Probe() = default;
};

// Makes attempts, as many at once as it is asked to.
class Prober {
 public:
  virtual ~Prober() = default;
  // Starts one attempt of this check and returns without waiting. `done` is called once, on the loop, never
  // from within this call; it may destroy the Probe.
  virtual std::unique_ptr<Probe> start(const health::CheckKey& key,
                                       std::function<void(const health::Outcome&)> done) = 0;
};

// Connects by TCP from the calling thread's network namespace, and closes at once in good order (FIN, as
// keepalived does; nothing lingers, so nothing ever waits): the server sees a client that has nothing to say.
// An attempt ends after the check's timeout; what the kernel knows counts then, not when this thread wakes
// up. All on the loop's thread; the loop must outlive it and its probes.
std::unique_ptr<Prober> open_prober(sys::Loop& loop);

// What errno of a connection that did not come about says of the target, or of this host.
health::Outcome outcome_of(int error);

}  // namespace fairlead::probe
