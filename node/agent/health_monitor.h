#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"
#include "node/agent/health_metrics.h"
#include "node/health/real_servers.h"
#include "node/health/schedule.h"
#include "node/plan/plan.h"
#include "node/probe/prober.h"

namespace fairlead::agent {

// Runs the health checks that the virtual servers ask for, each once however many ask for it, on every member
// alike, so that one that takes over knows. Tells of virtual servers whose checks have changed their minds.
//
// All on the loop's thread; loop, prober and metrics must outlive it.
class HealthMonitor {
 public:
  using Servers = std::map<plan::VirtualServerKey, plan::VirtualServerPlan>;
  using Keys = std::set<plan::VirtualServerKey>;
  // The real servers of these virtual servers that get new connections now.
  using InService = std::function<std::map<plan::VirtualServerKey, std::set<net::Endpoint>>(const Keys&)>;

  // `on_change` is called on the loop some milliseconds after a verdict or its error changed, with all
  // virtual servers that depend on those that did.
  HealthMonitor(sys::Loop& loop, probe::Prober& prober, sys::Metrics& metrics,
                std::function<void(const Keys&)> on_change);
  HealthMonitor(const HealthMonitor&) = delete;
  HealthMonitor& operator=(const HealthMonitor&) = delete;

  // These checks are run from now on; those that were run before are not disturbed. `in_service` is asked if
  // there are checks of which nothing is known here: a server that serves stays in service until its check
  // says otherwise.
  void order(const Servers& servers, const InService& in_service);

  const std::map<health::CheckKey, health::Check>& checks() const { return schedule_.checks(); }
  // The checks whose last attempt this host could not make, and why.
  const std::map<health::CheckKey, std::string>& not_tried() const { return not_tried_; }

 private:
  void run();
  void start(const health::CheckKey& key);
  void finish(const health::CheckKey& key, const health::Outcome& outcome);
  void note(const health::CheckKey& key, const health::Outcome& outcome);
  void log_change(const health::CheckKey& key);
  void tell(const health::CheckKey& key);

  probe::Prober& prober_;
  HealthMetrics metrics_;
  std::function<void(const Keys&)> on_change_;
  health::Schedule schedule_;
  std::map<health::CheckKey, Keys> askers_;
  // Of attempts that run, with when they began.
  struct Running {
    std::unique_ptr<probe::Probe> probe;
    TimePoint since;
  };
  std::map<health::CheckKey, Running> running_;
  Keys changed_;  // not told yet
  std::map<health::CheckKey, std::string> not_tried_;
  sys::Timer next_;
  sys::Timer telling_;
};

}  // namespace fairlead::agent
