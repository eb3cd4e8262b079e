#pragma once

#include <set>
#include <string>

#include "controller/status/allocation_failures.h"
#include "lib/reconcile/rounds.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// What the controller shows of its work: gauges set after each round, and the queue of its rounds (K-42).
class Measures {
 public:
  explicit Measures(sys::Metrics& metrics);

  // How long computing one round took, from snapshot to writes.
  void round(Microseconds taken);
  // The same for a round of endpoints alone.
  void endpoints_round(Microseconds taken);
  void show(const Statuses& statuses);
  // A change waits for a round; a round began, and the oldest of its changes has waited so long; it ended,
  // and ran so long, with all of its writes.
  void added() { added_.add(1); }
  void waited(Microseconds taken);
  void worked(Microseconds taken);
  // Once a second.
  void show(const reconcile::Rounds& rounds, TimePoint now);
  // After each whole round.
  void count_failures(const Inputs& inputs, const Statuses& statuses);

 private:
  sys::Metrics& metrics_;
  sys::Histogram& duration_;
  sys::Histogram& endpoints_duration_;
  sys::Gauge& split_;
  sys::Counter& added_;
  sys::Histogram& waited_;
  sys::Histogram& worked_;
  sys::Gauge& depth_;
  sys::Gauge& longest_;
  std::set<std::string> pools_;
  AllocationFailures failing_;
};

}  // namespace fairlead::controller
