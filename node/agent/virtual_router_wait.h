#pragma once

#include <optional>

#include "lib/base/time.h"
#include "node/plan/plan.h"

namespace fairlead::agent {

// ADI_min as that plan has it, if its interval were this one: after an advert that told it.
Microseconds min_active_down_interval(const plan::GroupPlan& plan, Microseconds interval);

// How soon another member can take over after an advert of ours. A member takes a changed plan later than we
// do, by which he may be the stronger one: what the plan before allowed counts for a minute more. Who is cut
// off from the API server learns of a plan once he has found it again, which he tries every 30 s at least
// (FN-16); while he cannot, he may take over earlier than this says, by less than one interval. vrrp thread
// only.
class ShortestWait {
 public:
  // The one plan follows the other.
  void change(const plan::GroupPlan& before, const plan::GroupPlan& next, TimePoint now);
  // ADI_min of the plan in force after an advert that told that interval, or of one before it if that is
  // less.
  Microseconds after(const plan::GroupPlan& plan, Microseconds interval) const;
  // When after() may say otherwise, once forget_old() was called.
  std::optional<TimePoint> until() const;
  void forget_old(TimePoint now);

 private:
  struct Earlier {
    Microseconds interval{0};  // and the wait after it
    Microseconds wait{0};
    TimePoint until;
  };
  std::optional<Earlier> earlier_;
};

}  // namespace fairlead::agent
