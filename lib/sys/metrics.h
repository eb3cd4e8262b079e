#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace fairlead::sys {

using MetricLabels = std::map<std::string, std::string>;

// The process's metrics (prometheus-cpp core behind a narrow door). Names carry the prefix "fairlead_"
// already. Finding a series costs a lock and a map look-up: hot paths keep the returned reference, which
// lives as long as this object. Counters and gauges are atomic; any thread may move them.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Same name and labels: the same series. `help` of the first call stands.
  Counter& counter(const std::string& name, const std::string& help, const MetricLabels& labels);
  Gauge& gauge(const std::string& name, const std::string& help, const MetricLabels& labels);
  // Buckets are upper bounds in the metric's unit, rising.
  Histogram& histogram(const std::string& name, const std::string& help, const MetricLabels& labels,
                       const std::vector<double>& buckets);
  // Drops one series; its reference dies with it. For groups that are gone.
  void remove(const std::string& name, const MetricLabels& labels);

  // The whole text exposition (Prometheus text format 0.0.4).
  std::string render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::sys
