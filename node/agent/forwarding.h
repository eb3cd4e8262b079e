#pragma once

#include <functional>
#include <memory>

#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"
#include "node/agent/forwarding_ports.h"
#include "node/agent/messages.h"

namespace fairlead::agent {

// Makes the kernel's IPVS table and the guard (nft table inet fairlead) hold what the newest order says, and
// the finer fence (nft table netdev fairlead_fence) what the newest VrrpReport wishes, and keeps them so: the
// forwarding thread's only tenant.
//
// Add: guard -> IPVS -> `ready`. Remove: VIP not held (VrrpReport) -> IPVS -> guard. Audits: services
// each second and servers in slices, guard and finer fence four times a second, sysctls every 30 s; repairs
// only what is ours. Without NAT virtual servers neither IPVS nor the guard is programmed, and the kernel
// needs no IPVS.
//
// All calls on the loop's thread, `on_report` too; calls may block that thread (netlink, nft child).
class ForwardingAgent {
 public:
  // `on_report` is called after every order, and when something in the report changed.
  ForwardingAgent(sys::Loop& loop, sys::Metrics& metrics, ForwardingPorts ports,
                  std::function<void(const ForwardingReport&)> on_report);
  ~ForwardingAgent();
  ForwardingAgent(const ForwardingAgent&) = delete;
  ForwardingAgent& operator=(const ForwardingAgent&) = delete;

  // The newest order replaces the earlier one. `owned` counts in the first one only: what was programmed
  // since is known here, and an order that crossed a report must not claim a deleted service again.
  void order(ForwardingOrder order);
  // A VIP that left the orders keeps its IPVS services and guard until a report whose `sequence` is at
  // least that of the order it left with, and whose `held` lacks it. So the vrrp thread must answer each
  // plan, even one that changes none of its groups. `fenced` counts from the first plan on: before that the
  // fence of an earlier run stays over what that run left.
  void held(const VrrpReport& report);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::agent
