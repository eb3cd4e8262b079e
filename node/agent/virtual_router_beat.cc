// What a virtual router does when time has passed: above all its beat, the renewal and the advert.

#include <algorithm>
#include <chrono>
#include <utility>

#include "node/address/fence.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kStaysPrepared{2};  // twice what adverts that leave together may be apart

}  // namespace

Microseconds VirtualRouter::advance(Microseconds early) const {
  return active() ? std::min(early, Microseconds(config_.advertisement_interval) / 100) : Microseconds(0);
}

void VirtualRouter::time_passed(Microseconds early) {
  stir();
  peers_.forget();
  addresses_.forget_old();
  if (remains_ && world_.clock.now() >= remains_->until) give_up_remains();
  start();
  const TimePoint now = world_.clock.now();
  const auto deadline = vrrp::next_deadline(state_);
  early = advance(early);
  if (deadline && now + early >= *deadline) {
    if (active()) world_.metrics.observe_lateness(std::max(now - *deadline, Microseconds(0)));
    deliver(vrrp::TimePassed{early});
    heed_addresses();
  }
  prepared_.reset();
  leave_if_overdue();
  if (schedule_) announce(neighbor::due(timing(), *schedule_, addresses_.list(), now));
}

// Whether addresses may outlive the adverts as it is: then they may do so by a renewal, too, that a death
// kept from its advert. Else nothing may come between the two.
bool VirtualRouter::may_prepare() const {
  return fence_.held || address::fence_overlap(lifetime(), plan_.min_active_down_interval) > Microseconds(0);
}

// Too late is for time_passed() to find, which tells; unless the kernel took its time.
void VirtualRouter::prepare_advert(Microseconds early) {
  if (!may_prepare()) return;
  const auto due = next_advert();
  if (!due || world_.clock.now() + advance(early) < *due || late()) return;
  stir();
  prepared_ = world_.clock.now();
  if (!mute()) addresses_.renew(link_, in_service_, lifetime());
  leave_if_overdue();
}

bool VirtualRouter::renew() {
  if (late()) return false;
  const auto prepared = std::exchange(prepared_, std::nullopt);
  // Frozen meanwhile: to the next renewal it is an interval from this advert, and not from then.
  const bool again = !prepared || world_.clock.now() - *prepared > kStaysPrepared;
  if (again && !mute()) addresses_.renew(link_, in_service_, lifetime());
  return !addresses_.try_again();
}

}  // namespace fairlead::agent
