#pragma once

#include <map>
#include <string>

#include "lib/apiserver/client.h"
#include "lib/apiserver/event_sender.h"
#include "node/agent/apply_queue.h"
#include "node/agent/reporter.h"

namespace fairlead::agent {

// What a node needs to speak with an API server; absent with --no-api. Member order matters: who is called is
// destroyed after who calls. All on the loop's thread; loop and metrics must outlive it.
class ApiSide {
 public:
  ApiSide(sys::Loop& loop, sys::Metrics& metrics, const apiserver::ClientConfig& config,
          const Speaker& speaker, ReporterSources sources);
  ApiSide(const ApiSide&) = delete;
  ApiSide& operator=(const ApiSide&) = delete;

  apiserver::Client& client() { return client_; }
  Reporter& reporter() { return reporter_; }

  // The vrrp thread has reported `now` after `before`: Events of what has changed, and our status entries.
  void vrrp(const VrrpReport& before, const VrrpReport& now);

  // There is a new plan: Events of what it has against groups, as the API server shows them, and our status
  // entries.
  void plan(const PlanView& view, const std::map<api::ObjectKey, api::VRRPGroup>& groups);

 private:
  std::string node_;
  apiserver::Client client_;
  apiserver::EventSender events_;
  ApplyQueue queue_;
  Reporter reporter_;
  VrrpReport plan_told_;  // what Events have told of the plan
};

}  // namespace fairlead::agent
