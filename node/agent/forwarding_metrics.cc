#include "node/agent/forwarding_metrics.h"

#include <algorithm>
#include <chrono>

#include "lib/base/overloaded.h"

namespace fairlead::agent {
namespace {

const std::vector<double> kBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

double seconds(Microseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::string cause_of(const ipvs::Change& change) {
  return std::visit(Overloaded{
                        [](const ipvs::AddService&) { return "service_missing"; },
                        [](const ipvs::SetService&) { return "service_changed"; },
                        [](const ipvs::DeleteService&) { return "service_unwanted"; },
                        [](const ipvs::AddDestination&) { return "server_missing"; },
                        [](const ipvs::SetDestination&) { return "server_changed"; },
                        [](const ipvs::DeleteDestination&) { return "server_unwanted"; },
                    },
                    change);
}

const char* label_of(filter::DropReason reason) {
  return reason == filter::DropReason::kSourceRange ? "source_range" : "closed_port";
}

}  // namespace

ForwardingMetrics::ForwardingMetrics(sys::Metrics& metrics)
    : metrics_(metrics),
      services_(
          metrics.gauge("fairlead_node_ipvs_services", "IPVS services that are ours, in the kernel", {})),
      destinations_(metrics.gauge("fairlead_node_ipvs_destinations", "Real servers of these services", {})),
      draining_(metrics.gauge("fairlead_node_ipvs_draining_destinations",
                              "Of these, real servers that have left the plan and keep their connections",
                              {})),
      fenced_(metrics.gauge("fairlead_node_fenced_groups", "Groups that the finer fence holds", {})),
      unfenced_(metrics.gauge("fairlead_node_unfenced_groups",
                              "Groups that it should hold, and the kernel refuses", {})),
      sync_duration_(metrics.histogram("fairlead_node_ipvs_sync_duration_seconds",
                                       "Reading, comparing and changing the IPVS table", {}, kBuckets)),
      event_to_programmed_(metrics.histogram("fairlead_node_event_to_programmed_seconds",
                                             "From a new plan to the guard and IPVS holding it", {},
                                             kBuckets)) {}

void ForwardingMetrics::sizes(std::size_t services, std::size_t destinations, std::size_t draining) {
  services_.set(static_cast<double>(services));
  destinations_.set(static_cast<double>(destinations + draining));
  draining_.set(static_cast<double>(draining));
}

void ForwardingMetrics::synchronized(Microseconds duration) { sync_duration_.observe(seconds(duration)); }
void ForwardingMetrics::programmed(Microseconds since_order) {
  event_to_programmed_.observe(seconds(since_order));
}

void ForwardingMetrics::repaired(const std::vector<ipvs::Change>& repairs) {
  for (const ipvs::Change& change : repairs) {
    metrics_
        .counter("fairlead_node_ipvs_repairs_total",
                 "IPVS entries put right after somebody else changed them", {{"cause", cause_of(change)}})
        .add(1);
  }
}

void ForwardingMetrics::guard_restored() {
  metrics_
      .counter("fairlead_node_guard_repairs_total", "Times that table inet fairlead was put back whole", {})
      .add(1);
}

void ForwardingMetrics::dropped(const filter::Dropped& packets) {
  for (const auto& [cause, count] : packets) {
    metrics_
        .counter("fairlead_node_guard_dropped_packets_total", "Packets to VIPs that the guard dropped",
                 {{"reason", label_of(cause.reason)}, {"family", std::string(net::to_string(cause.family))}})
        .add(static_cast<double>(count));
  }
}

void ForwardingMetrics::fenced(const FenceReport& report) {
  const auto missing = std::count_if(report.tried.begin(), report.tried.end(), [&](const auto& group) {
    return std::find(report.held.begin(), report.held.end(), group) == report.held.end();
  });
  fenced_.set(static_cast<double>(report.held.size()));
  unfenced_.set(static_cast<double>(missing));
}

void ForwardingMetrics::fence_restored() {
  metrics_
      .counter("fairlead_node_fence_repairs_total", "Times that table netdev fairlead_fence was put back", {})
      .add(1);
}

void ForwardingMetrics::mismatches(const std::vector<SysctlMismatch>& found) {
  const std::string name = "fairlead_node_sysctl_mismatch";
  std::set<std::string> now;
  for (const SysctlMismatch& one : found) {
    now.insert(one.name);
    metrics_.gauge(name, "1: a sysctl that forwarding needs has another value", {{"name", one.name}}).set(1);
  }
  for (const std::string& gone : mismatched_) {
    if (!now.contains(gone)) metrics_.remove(name, {{"name", gone}});
  }
  mismatched_ = now;
}

void ForwardingMetrics::conntrack(const std::optional<ConntrackUse>& use) {
  const std::string entries = "fairlead_node_conntrack_entries";
  const std::string limit = "fairlead_node_conntrack_limit";
  if (!use) {
    metrics_.remove(entries, {});
    metrics_.remove(limit, {});
    return;
  }
  metrics_.gauge(entries, "Connections that this host tracks", {}).set(static_cast<double>(use->entries));
  metrics_.gauge(limit, "How many it can track", {}).set(static_cast<double>(use->limit));
}

void ForwardingMetrics::problems(const std::map<std::string, std::size_t>& counts) {
  if (counts == problems_) return;
  const std::string name = "fairlead_node_forwarding_problems";
  for (const auto& [reason, count] : counts) {
    metrics_.gauge(name, "Things that keep this node from forwarding as ordered", {{"reason", reason}})
        .set(static_cast<double>(count));
  }
  for (const auto& [reason, count] : problems_) {
    if (!counts.contains(reason)) metrics_.remove(name, {{"reason", reason}});
  }
  problems_ = counts;
}

}  // namespace fairlead::agent
