#include "node/agent/virtual_router.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "lib/base/earlier.h"
#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/agent/problem.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kSleep{100};

std::vector<net::IpAddress> outside(const std::set<net::IpAddress>& some,
                                    const std::set<net::IpAddress>& all) {
  std::vector<net::IpAddress> out;
  std::set_difference(some.begin(), some.end(), all.begin(), all.end(), std::back_inserter(out));
  return out;
}

HeldAddresses::Owner owner_of(const plan::GroupPlan& plan) {
  return plan.priority == vrrp::kOwner ? HeldAddresses::Owner::kYes : HeldAddresses::Owner::kNo;
}

}  // namespace

VirtualRouter::VirtualRouter(plan::GroupPlan plan, VirtualRouterSurroundings& surroundings)
    : plan_(std::move(plan)),
      world_(surroundings),
      place_(surroundings.agenda, *this),
      metrics_(surroundings.metrics.all(), plan_.name),
      addresses_(surroundings, metrics_, plan_.name, owner_of(plan_)),
      adverts_(surroundings, metrics_, plan_.name),
      peers_(surroundings),
      priority_(plan_.priority),
      since_(surroundings.clock.wall()) {
  touch();
  config_ = configured();
  metrics_.set_state(api::MemberState::kInitialize);
  metrics_.set_priority(priority_);
  sys::log(sys::LogLevel::kInfo, "vrrp.started",
           {{"group", plan_.name},
            {"interface", plan_.interface},
            {"vrid", std::to_string(plan_.virtual_router_id.value())},
            {"priority", std::to_string(plan_.priority.value())}});
}

bool VirtualRouter::is_same_router(const plan::GroupPlan& other) const {
  return plan_.version.uid == other.version.uid && plan_.interface == other.interface &&
         plan_.family == other.family && plan_.vrrp_version == other.vrrp_version &&
         plan_.virtual_router_id == other.virtual_router_id && owner() == (other.priority == vrrp::kOwner);
}

void VirtualRouter::drop_addresses(const plan::GroupPlan& next) {
  touch();
  const bool lists_none = outside(in_service_, next.addresses).size() == in_service_.size();
  if (lists_none) leave(vrrp::Reason::kShutdown);  // an advert lists at least one address
  std::set<net::IpAddress> staying = next.addresses;
  staying.insert(next.excluded.begin(), next.excluded.end());
  if (remains_) std::erase_if(remains_->addresses, [&](const auto& one) { return !staying.contains(one); });
  const auto gone = outside(in_service_, staying);
  for (const net::IpAddress& address : gone) in_service_.erase(address);
  addresses_.forget_troubles(gone);
  if (active() && !gone.empty()) (void)addresses_.release(link_, gone);
}

vrrp::RouterConfig VirtualRouter::configured() const {
  vrrp::RouterConfig out = config_;
  out.version = plan_.vrrp_version;
  out.priority = priority_;
  out.advertisement_interval = plan_.advertise_interval;
  // The finer fence has the time of an earlier plan until the kernel has taken this one, which it may refuse:
  // adverts at a longer interval than that plan's would let it run out.
  if (active() && fence_.older) {
    out.advertisement_interval =
        std::min(plan_.advertise_interval, std::chrono::floor<vrrp::Centiseconds>(fence_.older->interval));
  }
  out.preempt = plan_.preempt;
  out.preempt_delay = plan_.preempt_delay;
  if (addresses_.try_again() || addresses_.yields()) {
    out.preempt_delay = std::max(out.preempt_delay, Microseconds(HeldAddresses::kYield));
  }
  return out;
}

// While the kernel has yet to take a shorter interval, an advert gives the time of the longer one: for so
// long others are to wait. Version 2 does not learn: there it would be no advert. The last word of one who
// steps down may be read after the winner's advert: it tells the interval of that, for which the others wait.
vrrp::Centiseconds VirtualRouter::told_interval() const {
  const auto* stepped_down = std::get_if<vrrp::Backup>(&state_);
  if (stepped_down != nullptr && stepped_down->learned_interval) return *stepped_down->learned_interval;
  const bool follows = fence_.awaited && fence_.older && plan_.vrrp_version != vrrp::Version::k2;
  if (!follows) return plan_.advertise_interval;
  return std::max(plan_.advertise_interval, std::chrono::ceil<vrrp::Centiseconds>(fence_.older->interval));
}

void VirtualRouter::reconfigure(const vrrp::RouterConfig& next) {
  if (next == config_) return;
  const vrrp::RouterConfig before = std::exchange(config_, next);
  deliver(vrrp::Reconfigured{before});
}

void VirtualRouter::hear(const vrrp::Accepted& accepted) {
  stir();
  metrics_.count_received();
  const vrrp::AdvertReceived received = peers_.hear(accepted, plan_);
  give_up_remains();
  if (!running()) return;
  last_heard_ = world_.clock.now();
  deliver(received);
  heed_addresses();
  if (!backup()) return;
  adverts_.forget_old_unsent();
  heard_.hear(received, peers_.told_of(received), world_.clock.now());
}

void VirtualRouter::refuse(const vrrp::Rejected& rejected) {
  stir();
  peers_.refuse(rejected, plan_);
}

bool VirtualRouter::may_start() const {
  return !running() && !link_problem_ && programmed_ && !listed().empty();
}

void VirtualRouter::start() {
  if (!may_start()) return;
  const TimePoint now = world_.clock.now();
  if (addresses_.try_again() && now < *addresses_.try_again()) return;
  if (remains_ && now >= remains_->until) return give_up_remains();  // they go first
  if (!config_.warm_since) config_.warm_since = now;
  if (const auto remains = std::exchange(remains_, std::nullopt)) {
    adverts_.assume_last(plan_, remains->last_beat);
    deliver(vrrp::Resume{});
    return;
  }
  deliver(vrrp::Startup{});
  // A stranger who speaks less often than we listen is not forgotten for that.
  if (const auto stranger = peers_.stranger(); stranger && backup()) deliver(*stranger);
}

void VirtualRouter::leave_if_overdue() {
  if (!active() || !late()) return;
  touch();
  deliver(vrrp::FenceExpired{});
}

void VirtualRouter::find(int interface, const address::Renewals& left) {
  touch();
  Remains remains{interface, {}, Microseconds(0), {}};
  std::vector<address::Renewal> renewals;
  for (const net::IpAddress& address : planned()) {
    const auto renewal = left.find({interface, address});
    if (renewal == left.end()) continue;
    remains.addresses.insert(address);
    renewals.push_back(renewal->second);
  }
  const auto rest = address::resumable_for(renewals, lifetime(), Microseconds(plan_.advertise_interval),
                                           plan_.min_active_down_interval);
  // Suspended since it was started, the machine cannot tell how long ago a renewal was: the kernel counts it
  // by a clock that stood still.
  if (owner() || !rest || world_.slept > kSleep) return;
  Microseconds oldest{0};
  for (const address::Renewal& renewal : renewals) oldest = std::max(oldest, renewal.age);
  remains.last_beat = world_.clock.boot_time() - oldest;
  remains.until = world_.clock.now() + *rest;
  remains_ = std::move(remains);
}

// An audit removes what nobody wants any more.
void VirtualRouter::give_up_remains() {
  if (!remains_) return;
  touch();
  remains_.reset();
  world_.audit_wanted = true;
}

void VirtualRouter::shut_down(vrrp::Reason reason) {
  touch();
  give_up_remains();
  leave(reason);
}

void VirtualRouter::leave(vrrp::Reason reason) {
  if (running()) deliver(vrrp::Shutdown{reason});
}

void VirtualRouter::settle(bool nothing_left_behind) {
  if (!nothing_left_behind) return;
  touch();
  observed_generation_ = plan_.version.generation;
  // A removal that was acknowledged late.
  addresses_.keep_only(active() ? in_service_ : std::set<net::IpAddress>{});
}

void VirtualRouter::add_desired(address::Desired& desired) const {
  if (remains_) {
    for (const net::IpAddress& address : remains_->addresses) {
      desired[{remains_->interface, address}] = lifetime();
    }
  }
  if (!active() || owner()) return;
  for (const net::IpAddress& address : in_service_) desired[{link_.index, address}] = lifetime();
}

std::optional<TimePoint> VirtualRouter::next_deadline() const {
#ifndef __OPTIMIZE__  // it costs what is to be saved: for the builds that look for mistakes
  assert(!deadline_known_ || deadline_ == reckon_deadline());
#endif
  if (!std::exchange(deadline_known_, true)) deadline_ = reckon_deadline();
  return deadline_;
}

std::optional<TimePoint> VirtualRouter::reckon_deadline() const {
  std::optional<TimePoint> out = vrrp::next_deadline(state_);
  if (may_start()) out = earlier(out, addresses_.try_again());
  if (remains_) out = earlier(out, remains_->until);
  if (active()) out = earlier(out, adverts_.give_up_at());  // comes before a beat only if beats fail
  if (schedule_) out = earlier(out, neighbor::next_due(timing(), *schedule_, addresses_.all().size()));
  return earlier(out, earlier(peers_.next_forgotten(), addresses_.next_forgotten()));
}

bool VirtualRouter::must_drain_first() const {
  return backup() || (active() && adverts_.fence() != address::FenceVerdict::kGoOn);
}

std::set<net::IpAddress> VirtualRouter::planned() const {
  std::set<net::IpAddress> out = plan_.addresses;
  out.insert(plan_.excluded.begin(), plan_.excluded.end());
  return out;
}

std::vector<net::IpAddress> VirtualRouter::listed() const {
  return vrrp::in_advert_order(outside(in_service_, plan_.excluded));
}

std::vector<net::IpAddress> VirtualRouter::in_service(const std::vector<net::IpAddress>& some) const {
  std::vector<net::IpAddress> out;
  for (const net::IpAddress& address : some) {
    if (in_service_.contains(address)) out.push_back(address);
  }
  return out;
}

Seconds VirtualRouter::lifetime() const {
  const Microseconds interval(plan_.advertise_interval);
  return address::fence_lifetime(interval, wait_.after(plan_, interval), plan_.fence_lifetime);
}

api::MemberState VirtualRouter::member_state() const {
  return std::visit(Overloaded{[](const vrrp::Initialize&) { return api::MemberState::kInitialize; },
                               [](const vrrp::Backup&) { return api::MemberState::kBackup; },
                               [](const vrrp::Active&) { return api::MemberState::kMaster; }},
                    state_);
}

}  // namespace fairlead::agent
