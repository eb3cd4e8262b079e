#pragma once

#include <cstddef>
#include <string>

#include "lib/base/time.h"
#include "lib/sys/metrics.h"

namespace fairlead::agent {

// The series of one virtual router (kubernetes.md 6), found once so that the vrrp thread takes no lock
// when it counts. They leave the exposition with this object.
class RouterMetrics {
 public:
  RouterMetrics(sys::Metrics& metrics, const std::string& group);
  ~RouterMetrics();
  RouterMetrics(const RouterMetrics&) = delete;
  RouterMetrics& operator=(const RouterMetrics&) = delete;

  sys::Gauge& state;  // 0 Initialize, 1 Backup, 2 Master
  sys::Gauge& priority;
  sys::Gauge& last_transition;  // seconds since the epoch
  sys::Gauge& addresses;        // held
  sys::Counter& sent;
  sys::Counter& received;
  sys::Histogram& lateness;  // of all groups: how late our adverts leave

  void count_transition(const std::string& to, const std::string& reason);
  void count_repair(const std::string& cause);
  void count_renewal_error();
  void count_announcements(const std::string& interface, std::size_t frames);
  void observe_failover(const std::string& reason, Microseconds outage);

 private:
  sys::Metrics& metrics_;
  std::string group_;
};

}  // namespace fairlead::agent
