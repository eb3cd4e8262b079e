#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "node/filter/fence.h"
#include "node/wire/advert_wire.h"
#include "sim/random.h"

namespace fairlead::sim {

// The finer fence as one node's kernel has it (node/filter/fence.h, node/kernel/fence_filter.h): sets whose
// elements run out, and adverts that renew them on their way out. Its clock is the node's monotonic one.
// Times come up to two ticks of 10 ms early or late.
class KernelFence {
 public:
  explicit KernelFence(Random random) : random_(random) {}

  // Makes the table hold these groups. What runs of one that is gone, or of its addresses, runs out as in the
  // kernel, where to delete an element that has just run out would refuse the whole change. Without `idle`
  // (filter::reopened_for()) it replaces what a dead run left.
  void apply(const std::vector<filter::FencedGroup>& groups, std::optional<Microseconds> idle, TimePoint now);
  // An advert on its way out. False: it is held back.
  bool pass(const filter::FenceKey& key, vrrp::Priority priority, wire::Fence fence, TimePoint now);

  bool covers(const filter::FenceKey& key) const { return table_.groups.contains(key); }
  // Whether an address that is there is heard, too.
  bool lets_through(const net::IpAddress& address) const;

  // When run_out() has something to do.
  std::optional<TimePoint> next_end() const { return next_; }
  void run_out(TimePoint now);
  // Whether what is let through may be another since the last call.
  bool take_news() { return std::exchange(news_, false); }

 private:
  void find_next();

  Random random_;
  filter::FenceTable table_;
  std::map<filter::FenceKey, TimePoint> beating_;  // until then
  std::map<net::IpAddress, TimePoint> live_;
  std::optional<TimePoint> next_;
  bool news_ = false;
};

}  // namespace fairlead::sim
