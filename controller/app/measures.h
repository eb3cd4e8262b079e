#pragma once

#include <set>
#include <string>

#include "controller/plan/changes.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// The controller's gauges, set after each round.
class Measures {
 public:
  explicit Measures(sys::Metrics& metrics);

  // How long computing one round took, from snapshot to writes.
  void round(Microseconds taken);
  void show(const Statuses& statuses);
  // AllocationFailed among the notices.
  void count_failures(const Inputs& inputs, const std::vector<Write>& writes);

 private:
  sys::Metrics& metrics_;
  sys::Histogram& duration_;
  sys::Gauge& split_;
  std::set<std::string> pools_;
};

}  // namespace fairlead::controller
