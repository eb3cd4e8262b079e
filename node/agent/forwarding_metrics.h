#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/sys/metrics.h"
#include "node/agent/forwarding_ports.h"
#include "node/agent/messages.h"
#include "node/filter/dropped.h"
#include "node/ipvs/changes.h"

namespace fairlead::agent {

// The forwarding thread's series.
class ForwardingMetrics {
 public:
  explicit ForwardingMetrics(sys::Metrics& metrics);

  // `destinations` of the plan, and those that have left it and are drained.
  void sizes(std::size_t services, std::size_t destinations, std::size_t draining);
  void synchronized(Microseconds duration);
  void programmed(Microseconds since_order);
  // Counts what a pass of the audit had to put right.
  void repaired(const std::vector<ipvs::Change>& repairs);
  void guard_restored();
  // What the guard has dropped since the last call.
  void dropped(const filter::Dropped& packets);
  void fenced(const FenceReport& report);
  void fence_restored();
  void mismatches(const std::vector<SysctlMismatch>& found);
  // nullopt: nothing that matters is tracked.
  void conntrack(const std::optional<ConntrackUse>& use);
  // How many things each condition is about, by its reason.
  void problems(const std::map<std::string, std::size_t>& counts);

 private:
  sys::Metrics& metrics_;
  sys::Gauge& services_;
  sys::Gauge& destinations_;
  sys::Gauge& draining_;
  sys::Gauge& fenced_;
  sys::Gauge& unfenced_;
  sys::Histogram& sync_duration_;
  sys::Histogram& event_to_programmed_;
  std::set<std::string> mismatched_;
  std::map<std::string, std::size_t> problems_;
};

}  // namespace fairlead::agent
