#include "node/agent/virtual_router_adverts.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/sys/log.h"
#include "node/agent/virtual_router_wait.h"

namespace fairlead::agent {
namespace {

constexpr std::chrono::minutes kUnsentForgotten{10};
constexpr Seconds kSendsAgainAfter{10};

}  // namespace

bool Adverts::send(const plan::GroupPlan& plan, const Way& way, vrrp::Priority priority,
                   const std::vector<net::IpAddress>& listed) {
  const bool gives_up = priority == vrrp::kRelinquish;
  if (!gives_up && fence() == address::FenceVerdict::kGiveUp) return false;
  // Before the call: others count from the moment at which it leaves, and the call may take its time after.
  const Microseconds leaving = world_.clock.boot_time();
  const vrrp::Advertisement advert{plan.virtual_router_id, priority, way.told, listed};
  // Adverts to named peers have no finer fence to hold them back.
  const bool obeys = last_ && !plan.unicast;
  auto sent = send_to_all(plan, way, advert, obeys ? wire::Fence::kObeys : wire::Fence::kOpens);
  if (!sent && obeys) {
    if (!gives_up && fence() == address::FenceVerdict::kGiveUp) return false;
    sent = send_to_all(plan, way, advert, wire::Fence::kOpens);
  }
  if (!sent) {
    note_unsent(sent.error().message);
    if (!last_) remember(plan, way, leaving);
    return true;
  }
  note_sent();
  const bool too_late = !gives_up && fence() == address::FenceVerdict::kGiveUp;
  remember(plan, way, leaving);
  return !too_late;
}

// The first failure is told, and keeps none of the others from being tried.
Result<> Adverts::send_to_all(const plan::GroupPlan& plan, const Way& way, const vrrp::Advertisement& advert,
                              wire::Fence fence) {
  const vrrp::Form form{plan.vrrp_version, plan.checksum, plan.password};
  const auto send_to = [&](const net::IpAddress& destination) {
    const vrrp::Endpoints endpoints{way.source, destination};
    return world_.adverts.send(way.interface, endpoints, vrrp::encode(advert, form, endpoints), fence);
  };
  if (!plan.unicast) return send_to(vrrp::multicast_group(plan.family));
  Result<> out = Done{};
  for (const auto& [peer, min_ttl] : plan.unicast->peers) {
    const auto sent = send_to(peer);
    if (out && !sent) out = sent;
  }
  return out;
}

void Adverts::heed(const plan::GroupPlan& next) {
  if (!last_) return;
  last_->min_active_down_interval =
      std::min(last_->min_active_down_interval, min_active_down_interval(next, last_->interval));
}

address::FenceVerdict Adverts::fence() const {
  if (!last_) return address::FenceVerdict::kGoOn;
  return address::judge(world_.clock.boot_time() - last_->at, last_->interval,
                        last_->min_active_down_interval);
}

std::optional<TimePoint> Adverts::give_up_at() const {
  if (!last_) return std::nullopt;
  const Microseconds limit = address::give_up_after(last_->interval, last_->min_active_down_interval);
  return TimePoint(last_->at + limit - world_.slept);
}

std::optional<Microseconds> Adverts::interval_unless_sent() const {
  return failed_ > 0 && last_ ? std::optional(last_->interval) : std::nullopt;
}

void Adverts::assume_last(const plan::GroupPlan& plan, Microseconds at) {
  if (plan.priority == vrrp::kOwner) return;
  last_ = Last{at, Microseconds(plan.advertise_interval), plan.min_active_down_interval};
  count_failing();
}

void Adverts::remember(const plan::GroupPlan& plan, const Way& way, Microseconds at) {
  if (plan.priority == vrrp::kOwner) return;
  last_ = Last{at, Microseconds(way.told), way.shortest_wait};
  count_failing();
}

void Adverts::note_unsent(const std::string& why) {
  ++failed_;
  count_failing();
  metrics_.count_unsent();
  if (!unsent_) sys::log(sys::LogLevel::kWarning, "vrrp.send_failed", {{"group", group_}, {"error", why}});
  unsent_ = Unsent{why, world_.clock.now()};
  ++changes_;
}

void Adverts::forget_last() {
  last_.reset();
  count_failing();
}

void Adverts::forget_failed() {
  failed_ = 0;
  count_failing();
}

void Adverts::count_failing() {
  const bool failing = failed_ > 0 && last_;
  if (std::exchange(counted_, failing) != failing) world_.failing += failing ? 1 : -1;
}

void Adverts::note_sent() {
  forget_failed();
  metrics_.count_sent();
  if (!unsent_ || world_.clock.now() - unsent_->at < kSendsAgainAfter) return;
  forget_unsent();
  sys::log(sys::LogLevel::kInfo, "vrrp.sends_again", {{"group", group_}});
}

void Adverts::forget_unsent() {
  if (unsent_) ++changes_;
  unsent_.reset();
}

void Adverts::forget_old_unsent() {
  if (unsent_ && world_.clock.now() - unsent_->at >= kUnsentForgotten) forget_unsent();
}

std::optional<std::string> Adverts::why_unsent() const {
  return unsent_ ? std::optional(unsent_->why) : std::nullopt;
}

}  // namespace fairlead::agent
