#pragma once

#include <cstddef>

#include "lib/base/time.h"
#include "lib/sys/metrics.h"
#include "node/health/schedule.h"

namespace fairlead::agent {

// The series of health checks.
class HealthMetrics {
 public:
  explicit HealthMetrics(sys::Metrics& metrics);

  void checks(const health::Count& count, std::size_t overdue);
  void ended(const health::Outcome& outcome, Microseconds took);
  void changed(health::Verdict to);

 private:
  sys::Metrics& metrics_;
  sys::Gauge& up_;
  sys::Gauge& down_;
  sys::Gauge& unknown_;
  sys::Gauge& overdue_;
  sys::Histogram& connect_;
};

}  // namespace fairlead::agent
