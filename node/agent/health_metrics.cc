#include "node/agent/health_metrics.h"

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/overloaded.h"

namespace fairlead::agent {
namespace {

const std::vector<double> kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                      0.1,    0.25,  0.5,    1,     2.5,  5};

sys::Gauge& gauge_of(sys::Metrics& metrics, const std::string& verdict) {
  return metrics.gauge("fairlead_node_health_checks", "Health checks of real servers, by what they say",
                       {{"verdict", verdict}});
}

std::string result_of(const health::Outcome& outcome) {
  return std::visit(
      Overloaded{
          [](const health::Passed&) { return std::string("passed"); },
          [](const health::Failed& failed) { return std::string(health::to_string(failed.reason)); },
          [](const health::NotTried&) { return std::string("not_tried"); },
      },
      outcome);
}

}  // namespace

HealthMetrics::HealthMetrics(sys::Metrics& metrics)
    : metrics_(metrics),
      up_(gauge_of(metrics, "up")),
      down_(gauge_of(metrics, "down")),
      unknown_(gauge_of(metrics, "unknown")),
      overdue_(metrics.gauge("fairlead_node_health_checks_overdue",
                             "Health checks that are due and have to wait for others", {})),
      connect_(metrics.histogram("fairlead_node_health_connect_seconds",
                                 "Until a real server that is checked answered", {}, kBuckets)) {}

void HealthMetrics::checks(const health::Count& count, std::size_t overdue) {
  up_.set(static_cast<double>(count.up));
  down_.set(static_cast<double>(count.down));
  unknown_.set(static_cast<double>(count.unknown));
  overdue_.set(static_cast<double>(overdue));
}

void HealthMetrics::ended(const health::Outcome& outcome, Microseconds took) {
  metrics_
      .counter("fairlead_node_health_attempts_total", "Attempts of health checks, by how they ended",
               {{"result", result_of(outcome)}})
      .add(1);
  if (std::holds_alternative<health::Passed>(outcome)) {
    connect_.observe(std::chrono::duration<double>(took).count());
  }
}

void HealthMetrics::changed(health::Verdict to) {
  metrics_
      .counter("fairlead_node_health_changes_total", "Real servers that a health check found up or down",
               {{"to", to == health::Verdict::kUp ? "up" : "down"}})
      .add(1);
}

}  // namespace fairlead::agent
