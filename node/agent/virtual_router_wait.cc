#include "node/agent/virtual_router_wait.h"

#include <algorithm>

namespace fairlead::agent {
namespace {

constexpr Seconds kPlanSpreads{60};

// Skew_Time goes with the interval of the master, but of version 2, where it depends on the priority alone.
Microseconds at_interval(Microseconds wait, vrrp::Version version, Microseconds from, Microseconds to) {
  if (version == vrrp::Version::k2) return wait + 3 * (to - from);
  return wait * to.count() / from.count();
}

}  // namespace

Microseconds min_active_down_interval(const plan::GroupPlan& plan, Microseconds interval) {
  return at_interval(plan.min_active_down_interval, plan.vrrp_version, Microseconds(plan.advertise_interval),
                     interval);
}

void ShortestWait::change(const plan::GroupPlan& before, const plan::GroupPlan& next, TimePoint now) {
  const Microseconds interval(next.advertise_interval);
  if (min_active_down_interval(before, interval) >= next.min_active_down_interval) return;
  earlier_ = Earlier{interval, after(before, interval), now + kPlanSpreads};
}

Microseconds ShortestWait::after(const plan::GroupPlan& plan, Microseconds interval) const {
  const Microseconds planned = min_active_down_interval(plan, interval);
  if (!earlier_) return planned;
  return std::min(planned, at_interval(earlier_->wait, plan.vrrp_version, earlier_->interval, interval));
}

std::optional<TimePoint> ShortestWait::until() const {
  return earlier_ ? std::optional(earlier_->until) : std::nullopt;
}

void ShortestWait::forget_old(TimePoint now) {
  if (earlier_ && now >= earlier_->until) earlier_.reset();
}

}  // namespace fairlead::agent
