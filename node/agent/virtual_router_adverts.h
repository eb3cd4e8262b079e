#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/address/fence.h"
#include "node/agent/virtual_router_surroundings.h"
#include "node/plan/plan.h"
#include "node/vrrp/packet.h"

namespace fairlead::agent {

// The adverts that one virtual router sends. Remembers the last one, from which the fence counts, and why
// they do not leave. vrrp thread only.
class Adverts {
 public:
  Adverts(VirtualRouterSurroundings& world, GroupMetrics& metrics, std::string group)
      : world_(world), metrics_(metrics), group_(std::move(group)) {}
  ~Adverts() { forget_last(); }
  Adverts(const Adverts&) = delete;
  Adverts& operator=(const Adverts&) = delete;

  // Where adverts leave, from what address, the interval that they tell (of an Active router no shorter than
  // the plan's), and how soon after one another router may be Active.
  struct Way {
    int interface = 0;
    net::IpAddress source;
    vrrp::Centiseconds told{0};
    Microseconds shortest_wait{0};
  };
  // Sends one to the group, or to each peer. False if it is too late for that, or was once it had left: then
  // another may be Active. Priority 0 is never too late. One that could not be sent is remembered. To the
  // group, the first one opens the finer fence; what that holds back later is sent all the same if the clock
  // allows it.
  bool send(const plan::GroupPlan& plan, const Way& way, vrrp::Priority priority,
            const std::vector<net::IpAddress>& listed);

  // A new plan. Who heard the last advert waits for the interval that it told, and may rank by either plan.
  void heed(const plan::GroupPlan& next);

  // The gap since the last advert, judged by what that advert said: a plan that came since need not be known
  // to those who heard it. Without one there is no gap (failure-model.md 1.2), and the owner has no fence:
  // its addresses stay in any case, and its next advert ends what another does meanwhile.
  address::FenceVerdict fence() const;
  // When that becomes kGiveUp, if no advert leaves before; nothing without a last advert.
  std::optional<TimePoint> give_up_at() const;
  // While sends fail: the interval that the last advert told.
  std::optional<Microseconds> interval_unless_sent() const;
  // Failed sends in a row; of a Backup: its attempts to displace a master.
  int failed() const { return failed_; }

  // Counts from an advert that an earlier run sent at that boot time, under the same plan.
  void assume_last(const plan::GroupPlan& plan, Microseconds at);
  // No longer Active.
  void forget_last();
  void forget_failed();
  // The last failure stays known until adverts have left for ten seconds, lest each that fails now and then
  // is a write to the API server, or none was tried for a long time: then nobody can tell any more.
  void forget_unsent();
  void forget_old_unsent();
  std::optional<std::string> why_unsent() const;
  // Another number: why_unsent() may say otherwise.
  std::uint64_t changes() const { return changes_; }

 private:
  struct Last {
    Microseconds at{0};  // boot time
    Microseconds interval{0};
    Microseconds min_active_down_interval{0};
  };
  struct Unsent {
    std::string why;
    TimePoint at;
  };
  Result<> send_to_all(const plan::GroupPlan& plan, const Way& way, const vrrp::Advertisement& advert,
                       wire::Fence fence);
  void remember(const plan::GroupPlan& plan, const Way& way, Microseconds at);
  void note_unsent(const std::string& why);
  void note_sent();
  void count_failing();

  VirtualRouterSurroundings& world_;
  GroupMetrics& metrics_;
  std::string group_;
  std::optional<Last> last_;
  std::optional<Unsent> unsent_;
  int failed_ = 0;
  bool counted_ = false;  // in world_.failing
  std::uint64_t changes_ = 0;
};

}  // namespace fairlead::agent
