#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/sys/metrics.h"
#include "node/agent/messages.h"
#include "node/agent/virtual_router_ports.h"

namespace fairlead::agent {

// The vrrp thread: runs every virtual router of the newest order, owns the VIPs on the interfaces, the
// adverts and the gratuitous ARP, and reports what it holds. One object; all calls on its loop's thread.
//
// Fixed orders (architecture.md 5), kept whatever happens:
//   add:    VIP ready in the newest ForwardingReport -> election -> address acknowledged -> gratuitous ARP
//   remove: address gone (acknowledged) -> priority-0 advert -> report (then others drain IPVS and guard)
//   beat:   lifetime renewed -> advert, in one loop turn (fence, failure-model.md 1.2)
// A group that an order does not change sees no packet, no system call and no timer touched.
//
// A turn of the loop: read the clock, drain received packets, timers, netlink results, order, report.
class VirtualRouters {
 public:
  // Called on the loop's thread at the end of a turn, at most once a turn, only when the report differs
  // from the one before; the first comes from the constructor's first turn (interfaces, sequence 0).
  // Must not block and must not call back into this object: put the value in a mailbox.
  using OnReport = std::function<void(VrrpReport)>;

  // Reads links and addresses, waits for orders. Addresses with our tag that an earlier run left stay
  // until the first order() tells what is `owned`; then all of them go (and those `owned`), before any
  // group starts. `metrics` must outlive this object.
  VirtualRouters(VirtualRouterPorts ports, sys::Metrics& metrics, OnReport on_report);
  ~VirtualRouters();  // gives up nothing: call stop() for a hand-over
  VirtualRouters(const VirtualRouters&) = delete;
  VirtualRouters& operator=(const VirtualRouters&) = delete;

  // The newest plan replaces the one before. A group that left the plan is released at once; VIPs that
  // left a group are deleted before the report that carries the new generation.
  void order(VrrpOrder order);

  // Which VIPs may be held, and what became of the wishes for the finer fence (VrrpReport::fenced). A group
  // starts once all its VIPs are ready and its wish was tried; a new VIP of a running group joins it then.
  // What became unready later stays (the forwarding thread repairs it, I-5).
  void forwarding(ForwardingReport report);

  // Another live daemon has this node's name (FN-18): every router goes to priority 1, unless it owns its
  // addresses, with the condition DuplicateNode. `instance`: of the other one; empty: there is none any more.
  void namesake(const std::string& instance);

  // Hand-over (P-3): every VIP deleted and acknowledged, then the priority-0 adverts, then a last report,
  // then `done`, all before stop() returns; the kernel's answer is awaited for at most 1 s per interface.
  // A group whose removal was not acknowledged sends no priority 0, and the last report wishes the finer
  // fence over what is left of it, and over nothing else. Nothing runs afterwards.
  void stop(std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::agent
