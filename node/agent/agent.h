#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/apiserver/client.h"
#include "lib/base/result.h"
#include "lib/net/endpoint.h"
#include "node/agent/forwarding_ports.h"

// The node daemon: who runs on which thread, and what they send each other (architecture.md 5).
//
//   API server, files -> plan source -> orders -> virtual routers (vrrp thread)
//                                       -> forwarding agent (forwarding thread)
//   virtual routers, forwarding agent -> reports -> each other, plan source, reporter -> API server
// Without an API server (--no-api) there is neither reporter nor client, nor the client's thread.
namespace fairlead::agent {

struct AgentConfig {
  std::string node_name;
  std::optional<apiserver::ClientConfig> api;  // absent: there is none
  std::optional<std::string> manifests;        // folder of static manifests
  std::string state_dir;
  std::string password_dir;  // of the files that groups name as passwordFile
  net::Endpoint metrics_address;
  net::Endpoint health_address;
  FinerFence finer_fence = FinerFence::kOn;
  bool realtime = false;  // SCHED_RR for the vrrp thread; needs SYS_NICE
};

class Agent {
 public:
  // Opens everything the daemon needs and starts nothing. Call with SIGTERM and SIGINT blocked, so that no
  // thread started since takes them. Errors: kDenied (a right is missing), kConflict (another daemon on this
  // state directory or in this network namespace), kUnavailable (a port in use).
  static Result<std::unique_ptr<Agent>> open(AgentConfig config);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Works until SIGTERM or SIGINT, then hands over: VIPs given up, acknowledged and said so, our status
  // entries written (at most 2 s), the finer fence removed. IPVS and guard stay. Call once.
  void run();

 private:
  struct Parts;
  explicit Agent(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Blocks SIGTERM and SIGINT for this thread and those it starts, ignores what lib/sys/process_start.h says,
// and gives SIGCHLD its default meaning. First thing in main.
void block_signals();

}  // namespace fairlead::agent
