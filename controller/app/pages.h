#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "controller/plan/changes.h"
#include "controller/plan/inputs.h"
#include "lib/sys/http_listener.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// What the HTTP threads may read: the loop's thread writes, they only look.
class Pages {
 public:
  // The loop is alive; to be called every second.
  void beat(TimePoint now) { beat_ = now.time_since_epoch().count(); }
  // False: the election has come to a standstill, only a restart helps.
  void set_electing(bool moves) { electing_ = moves; }
  void set_ready(bool ready) { ready_ = ready; }
  void set_state(std::string json);

  // /metrics and /state; /healthz and /readyz. Pages and metrics must outlive the listeners.
  std::map<std::string, sys::HttpListener::Route> metrics_routes(const sys::Metrics& metrics);
  std::map<std::string, sys::HttpListener::Route> health_routes();

 private:
  std::atomic<std::int64_t> beat_{0};
  std::atomic<bool> electing_{true};
  std::atomic<bool> ready_{false};
  std::mutex mutex_;
  std::shared_ptr<const std::string> state_ = std::make_shared<const std::string>("{}");
};

// The JSON of /state: VirtualIPs with address, state, master, real servers and last transition; groups with
// VRID, master, state and members.
std::string state_json(const Inputs& inputs, const Statuses& statuses);

}  // namespace fairlead::controller
