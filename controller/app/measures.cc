#include "controller/app/measures.h"

#include <map>
#include <utility>

#include "lib/api/virtual_ip.h"

namespace fairlead::controller {
namespace {

const std::string kAddresses = "fairlead_controller_pool_addresses";
const std::string kUsed = "fairlead_controller_pool_addresses_used";
const sys::MetricLabels kQueue = {{"queue", "rounds"}};
const std::vector<double> kComputing = {0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};
const std::vector<double> kRoundTimes = {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

double seconds(Microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Measures::Measures(sys::Metrics& metrics)
    : metrics_(metrics),
      duration_(metrics.histogram("fairlead_controller_reconcile_duration_seconds",
                                  "Time to compute one round from caches to writes", {{"kind", "all"}},
                                  kComputing)),
      endpoints_duration_(metrics.histogram("fairlead_controller_reconcile_duration_seconds",
                                            "Time to compute one round from caches to writes",
                                            {{"kind", "endpoints"}}, kComputing)),
      split_(metrics.gauge("fairlead_controller_split_ownership", "Groups with several live masters", {})),
      added_(metrics.counter("fairlead_workqueue_adds_total", "Changes that a round had to take up", kQueue)),
      waited_(metrics.histogram("fairlead_workqueue_wait_seconds",
                                "Time from the oldest change that a round takes up to its begin", kQueue,
                                kRoundTimes)),
      worked_(metrics.histogram("fairlead_workqueue_work_seconds",
                                "Time of one round, with all of its writes", kQueue, kRoundTimes)),
      depth_(metrics.gauge("fairlead_workqueue_depth", "Changes that wait for a round", kQueue)),
      longest_(metrics.gauge("fairlead_workqueue_longest_seconds", "How long the round that runs has run",
                             kQueue)) {
  metrics
      .gauge("fairlead_build_info", "1; what runs here",
             {{"component", "controller"}, {"version", FAIRLEAD_VERSION}, {"revision", "unknown"}})
      .set(1);
}

void Measures::round(Microseconds taken) { duration_.observe(seconds(taken)); }

void Measures::endpoints_round(Microseconds taken) { endpoints_duration_.observe(seconds(taken)); }

void Measures::waited(Microseconds taken) { waited_.observe(seconds(taken)); }

void Measures::worked(Microseconds taken) { worked_.observe(seconds(taken)); }

void Measures::show(const reconcile::Rounds& rounds, TimePoint now) {
  depth_.set(static_cast<double>(rounds.waiting()));
  longest_.set(seconds(rounds.running_for(now)));
}

void Measures::show(const Statuses& statuses) {
  using api::VipState;
  std::map<std::string, int> by_state;
  for (const auto state : {VipState::kPending, VipState::kReady, VipState::kDegraded, VipState::kNoMaster,
                           VipState::kSplit, VipState::kRejected}) {
    by_state[std::string(api::to_string(state))] = 0;
  }
  for (const auto& [key, status] : statuses.virtual_ips) ++by_state[status.state];
  for (const auto& [state, count] : by_state) {
    metrics_.gauge("fairlead_controller_virtualips", "VirtualIPs by state", {{"state", state}}).set(count);
  }
  int split = 0;
  for (const auto& [key, status] : statuses.groups) {
    if (status.state == api::to_string(VipState::kSplit)) ++split;
  }
  split_.set(split);
  std::set<std::string> pools;
  const auto set = [&](const std::string& pool, const std::string& family, std::int64_t used,
                       std::int64_t free) {
    metrics_.gauge(kAddresses, "Addresses of the pool", {{"pool", pool}, {"family", family}})
        .set(static_cast<double>(used + free));
    metrics_.gauge(kUsed, "Addresses of the pool that are assigned", {{"pool", pool}, {"family", family}})
        .set(static_cast<double>(used));
  };
  for (const auto& [key, status] : statuses.pools) {
    pools.insert(key.name);
    set(key.name, "IPv4", status.assigned_ipv4, status.available_ipv4);
    set(key.name, "IPv6", status.assigned_ipv6, status.available_ipv6);
  }
  for (const auto& gone : pools_) {
    if (pools.contains(gone)) continue;
    for (const auto* family : {"IPv4", "IPv6"}) {
      metrics_.remove(kAddresses, {{"pool", gone}, {"family", family}});
      metrics_.remove(kUsed, {{"pool", gone}, {"family", family}});
    }
  }
  pools_ = std::move(pools);
}

void Measures::count_failures(const Inputs& inputs, const Statuses& statuses) {
  auto failing = allocation_failures(inputs, statuses);
  for (const auto& [failure, times] : new_failures(inputs, failing_, failing)) {
    metrics_
        .counter("fairlead_controller_allocation_failures_total", "VirtualIPs that could not get an address",
                 {{"pool", failure.pool}, {"reason", failure.reason}})
        .add(times);
  }
  failing_ = std::move(failing);
}

}  // namespace fairlead::controller
