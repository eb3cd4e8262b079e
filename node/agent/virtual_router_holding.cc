// How a virtual router holds its addresses in the kernel: adds, renews, repairs and gives them up.

#include <chrono>
#include <string>

#include "lib/sys/log.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {
namespace {

// Two failed sends in a row stop the renewals: no lifetime without the advert that stands for it.
constexpr int kFailedSendsBeforeNoRenewal = 2;
constexpr int kRepairsPerMinute = 30;  // FN-06: then each advert's renewal puts it back, no sooner
constexpr Seconds kTryHoldingAgain{30};
constexpr std::chrono::minutes kTellAgain{1};

}  // namespace

bool VirtualRouter::hold_all() {
  hold({in_service_.begin(), in_service_.end()}, true);
  if (try_again_ || fence() == address::FenceVerdict::kGiveUp) return false;
  schedule_ = neighbor::Schedule{world_.clock.now(), 0, {}, 0, {}};
  announce(neighbor::due(*schedule_, held_list(), world_.clock.now()));
  return true;
}

bool VirtualRouter::renew() {
  if (fence() == address::FenceVerdict::kGiveUp) return false;
  const bool whole = held_.size() == in_service_.size();
  if (whole && !address::renewal_due(last_renewal_, world_.clock.now())) return true;
  if (failed_sends_ >= kFailedSendsBeforeNoRenewal) return true;
  hold({in_service_.begin(), in_service_.end()}, false);
  return !try_again_;
}

std::set<net::IpAddress> VirtualRouter::note_holding(const kernel::Holding& holding) {
  for (const auto& [address, error] : holding.refused) {
    world_.metrics.count_renewal_error(error.code == Code::kDenied ? "denied" : "refused");
    std::string& noted = not_held_[address];
    if (noted == error.message) continue;
    noted = error.message;
    sys::log(sys::LogLevel::kError, "vrrp.address_failed", {{"group", plan_.name}, {"error", error.message}});
  }
  std::set<net::IpAddress> late;
  for (const net::IpAddress& address : holding.held) {
    held_.insert(address);
    if (not_held_.erase(address) > 0) late.insert(address);
  }
  metrics_.set_addresses(held_.size());
  if (!holding.held.empty()) {
    try_again_.reset();
  } else if (held_.empty() && !holding.refused.empty()) {
    try_again_ = world_.clock.now() + kTryHoldingAgain;
  }
  return late;
}

// Adds or renews; `first_time` tells an addition meant as such from one that repairs.
void VirtualRouter::hold(const std::vector<net::IpAddress>& addresses, bool first_time) {
  const TimePoint asked = world_.clock.now();
  const auto holding = world_.addresses.hold(link_.index, addresses, lifetime());
  const std::set<net::IpAddress> late = note_holding(holding);
  if (!first_time && !holding.created.empty()) {
    const bool expired = !last_renewal_ || asked - *last_renewal_ >= lifetime() - Milliseconds(50);
    const std::string cause = expired ? "expired" : "removed";
    for (const net::IpAddress& address : holding.created) {
      if (late.contains(address)) continue;  // refused before, and no repair
      note_restored(address, cause);
    }
    world_.announcements.queue(link_, holding.created);
  }
  if (addresses.size() == in_service_.size()) last_renewal_ = asked;
}

void VirtualRouter::note_restored(const net::IpAddress& address, const std::string& cause) {
  world_.metrics.count_repair(cause);
  const TimePoint now = world_.clock.now();
  const auto [told, first_time] = told_restored_.try_emplace(address, now);
  if (!first_time && now < told->second + kTellAgain) return;
  told->second = now;
  sys::log(sys::LogLevel::kWarning, "vrrp.address_restored",
           {{"group", plan_.name}, {"address", to_string(address)}, {"cause", cause}});
}

bool VirtualRouter::release(const std::vector<net::IpAddress>& addresses) {
  world_.announcements.withdraw(link_.index, addresses);
  const auto released = world_.addresses.release(link_.index, addresses);
  if (!released) {
    world_.audit_wanted = true;
    sys::log(sys::LogLevel::kError, "vrrp.release_failed",
             {{"group", plan_.name}, {"error", released.error().message}});
    return false;
  }
  for (const net::IpAddress& address : addresses) held_.erase(address);
  metrics_.set_addresses(held_.size());
  return true;
}

void VirtualRouter::repair(const std::vector<net::IpAddress>& missing) {
  if (!active()) return;
  std::vector<net::IpAddress> ours;
  for (const net::IpAddress& address : missing) {
    if (in_service_.contains(address)) ours.push_back(address);
    held_.erase(address);
  }
  metrics_.set_addresses(held_.size());
  const TimePoint now = world_.clock.now();
  if (now >= repairs_since_ + std::chrono::minutes(1)) {
    repairs_since_ = now;
    repairs_ = 0;
  }
  if (ours.empty() || ++repairs_ > kRepairsPerMinute) return;
  if (fence() == address::FenceVerdict::kGiveUp) {
    deliver(vrrp::FenceExpired{});
    return;
  }
  hold(ours, false);
  if (try_again_) deliver(vrrp::AddressesRefused{});
}

}  // namespace fairlead::agent
