#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lib/sys/loop.h"
#include "lib/sys/mailbox.h"
#include "lib/sys/metrics.h"
#include "node/agent/forwarding_fence.h"
#include "node/agent/last_turn.h"
#include "node/agent/messages.h"

namespace fairlead {

// The forwarding thread as far as it holds the finer fence: takes the newest wish, tries it, looks four
// times a second whether it still stands, and answers. The network namespace is that of the process.
class FenceThread {
 public:
  using OnAnswer = std::function<void(agent::FenceReport)>;

  // `on_answer` is called on `vrrp_loop`. The loop and `last_turn`, which the vrrp thread notes, must outlive
  // this.
  FenceThread(sys::Loop& vrrp_loop, sys::Metrics& metrics, const agent::LastTurn& last_turn,
              OnAnswer on_answer);
  ~FenceThread();
  FenceThread(const FenceThread&) = delete;
  FenceThread& operator=(const FenceThread&) = delete;

  // Of any thread.
  void wish(std::vector<filter::FencedGroup> groups) { wishes_.put(0, std::move(groups)); }
  // Waits, 2 s at most, until what was wished before has been tried. Whether it was.
  bool finish();

 private:
  void answer() { answers_.put(0, fence_.report()); }
  void check();

  sys::Loop loop_;
  agent::ForwardingMetrics metrics_;
  std::unique_ptr<kernel::FenceFilter> filter_;
  agent::ForwardingFence fence_;
  sys::Mailbox<int, std::vector<filter::FencedGroup>> wishes_;
  sys::Mailbox<int, agent::FenceReport> answers_;
  sys::Timer timer_;
  std::thread thread_;
};

}  // namespace fairlead
