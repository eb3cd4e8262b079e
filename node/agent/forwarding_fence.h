#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "node/agent/forwarding_metrics.h"
#include "node/agent/messages.h"
#include "node/kernel/fence_filter.h"

namespace fairlead::agent {

// Keeps nft table netdev fairlead_fence at what the vrrp thread wishes. What the kernel refuses is told and
// tried again; nothing else hangs on it. Forwarding thread only: calls wait for the kernel, 6 s at most and
// for as long as other writers of nf_tables take.
class ForwardingFence {
 public:
  ForwardingFence(kernel::FenceFilter& filter, ForwardingMetrics& metrics)
      : filter_(filter), metrics_(metrics) {}

  // Tries to make the kernel hold these groups; no call for those that were tried last. Both return whether
  // the report is another than before.
  bool hold(const std::vector<filter::FencedGroup>& groups);
  // Puts back what others removed or changed. What was refused is tried again after 2 s; after 30 s where
  // the kernel has not what it needs, since each try makes it look for its modules.
  bool check(TimePoint now);

  // Of no call yet: nothing tried.
  const FenceReport& report() const { return report_; }

 private:
  void take(const Result<>& outcome, TimePoint now);
  void note_restored(TimePoint now);

  kernel::FenceFilter& filter_;
  ForwardingMetrics& metrics_;
  FenceReport report_;
  bool begun_ = false;  // before that, what an earlier run left keeps what else it left silent
  TimePoint retry_{};   // not before, while it failed
  std::optional<TimePoint> restored_told_;
};

}  // namespace fairlead::agent
