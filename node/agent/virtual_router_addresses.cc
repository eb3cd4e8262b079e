#include "node/agent/virtual_router_addresses.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/earlier.h"
#include "lib/base/text.h"
#include "lib/sys/log.h"
#include "node/address/fence.h"
#include "node/agent/problem.h"

namespace fairlead::agent {
namespace {

constexpr int kFightsAMinute = 30;
constexpr std::chrono::minutes kMinute{1};
constexpr Seconds kTryHoldingAgain{30};
constexpr Milliseconds kExpiresEarly{50};  // the kernel counts in ticks
constexpr std::size_t kAddressesNamed = 5;

// "hold 192.0.2.1 on interface 2: EPERM; ... and 3 more".
std::string first_of(const std::vector<std::string>& texts) {
  const std::size_t named = std::min(texts.size(), kAddressesNamed);
  const auto end = texts.begin() + static_cast<std::ptrdiff_t>(named);
  const std::size_t more = texts.size() - named;
  return join({texts.begin(), end}, "; ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

void HeldAddresses::add(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses,
                        Seconds lifetime) {
  hold(link, addresses, lifetime, Why::kAdded);
}

void HeldAddresses::renew(const AnnouncedLink& link, const std::set<net::IpAddress>& all, Seconds lifetime) {
  const bool whole = held_.size() == all.size();
  // Another lifetime goes with the interval that the next advert tells: it is given before that advert.
  const bool same = lifetime == renewed_for_;
  if (whole && same && !address::renewal_due(last_renewal_, world_.clock.now())) return;
  hold(link, {all.begin(), all.end()}, lifetime, Why::kKept);
}

void HeldAddresses::restore(const AnnouncedLink& link, const std::vector<net::IpAddress>& missing,
                            Seconds lifetime) {
  begin_minute();
  if (restorations_ == kFightsAMinute) return;
  ++restorations_;
  hold(link, missing, lifetime, Why::kKept);
}

void HeldAddresses::make_again(const AnnouncedLink& link, const std::vector<net::IpAddress>& useless,
                               Seconds lifetime) {
  begin_minute();
  if (restorations_ == kFightsAMinute) {
    // No renewal makes it usable: the fight is lost, or goes on in the next minute.
    removals_ = kFightsAMinute + 1;
    world_.audit_wanted = true;
    return;
  }
  ++restorations_;
  if (release(link, useless)) hold(link, useless, lifetime, Why::kUseless);
}

void HeldAddresses::hold(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses,
                         Seconds lifetime, Why why) {
  if (owner_ == Owner::kYes) {
    for (const net::IpAddress& address : addresses) changes_ += held_.insert(address).second ? 1 : 0;
    metrics_.set_addresses(held_.size());
    return;
  }
  const TimePoint asked = world_.clock.now();
  const auto holding = world_.addresses.hold(link.index, addresses, lifetime);
  const std::set<net::IpAddress> late = note_holding(holding);
  if (!holding.tag_kept && !std::exchange(world_.tag_forgotten, true)) {
    sys::log(sys::LogLevel::kWarning, "vrrp.tag_forgotten", {{"group", group_}});
  }
  if (why != Why::kAdded && !holding.created.empty()) {
    const bool expired = !last_renewal_ || runs_out_by(asked);
    note_created(holding.created, late,
                 why == Why::kUseless ? RepairCause::kDuplicate
                 : expired            ? RepairCause::kExpired
                                      : RepairCause::kRemoved);
    world_.announcements.queue(link, holding.created);
  }
  // One whose renewal the kernel refused goes on running out.
  const std::set<net::IpAddress> taken(holding.held.begin(), holding.held.end());
  if (!taken.empty() && taken == held_) {
    last_renewal_ = asked;
    renewed_for_ = lifetime;
  }
}

void HeldAddresses::note_created(const std::vector<net::IpAddress>& created,
                                 const std::set<net::IpAddress>& late, RepairCause cause) {
  bool was_there = false;
  for (const net::IpAddress& address : created) {
    if (late.contains(address)) continue;  // the kernel had refused it: nobody took it away
    was_there = true;
    note_restored(address, cause);
  }
  begin_minute();
  if (was_there && cause != RepairCause::kExpired) ++removals_;
}

std::set<net::IpAddress> HeldAddresses::note_holding(const kernel::Holding& holding) {
  for (const auto& [address, error] : holding.refused) {
    world_.metrics.count_renewal_error(error.code == Code::kDenied ? HoldFailure::kDenied
                                                                   : HoldFailure::kRefused);
    std::string& noted = refused_[address];
    if (noted == error.message) continue;
    noted = error.message;
    ++changes_;
    sys::log(sys::LogLevel::kError, "vrrp.address_failed", {{"group", group_}, {"error", error.message}});
  }
  std::set<net::IpAddress> late;
  for (const net::IpAddress& address : holding.held) {
    if (held_.insert(address).second) ++changes_;
    if (refused_.erase(address) > 0) late.insert(address);
  }
  changes_ += late.size();
  metrics_.set_addresses(held_.size());
  if (!holding.held.empty()) {
    try_again_.reset();
  } else if (held_.empty() && !holding.refused.empty()) {
    try_again_ = world_.clock.now() + kTryHoldingAgain;
  }
  return late;
}

void HeldAddresses::note_restored(const net::IpAddress& address, RepairCause cause) {
  world_.metrics.count_repair(cause);
  ++changes_;
  const TimePoint now = world_.clock.now();
  const auto [at, first_time] = restored_.try_emplace(address, Restored{now, now, cause});
  Restored& restored = at->second;
  restored.last = now;
  restored.cause = cause;
  if (!first_time && now < restored.told + kMinute) return;
  restored.told = now;
  sys::log(sys::LogLevel::kWarning, "vrrp.address_restored",
           {{"group", group_}, {"address", to_string(address)}, {"cause", std::string(to_string(cause))}});
}

void HeldAddresses::begin_minute() {
  const TimePoint now = world_.clock.now();
  if (now < minute_ + kMinute) return;
  minute_ = now;
  restorations_ = 0;
  removals_ = 0;
}

bool HeldAddresses::may_have_expired() const { return last_renewal_ && runs_out_by(world_.clock.now()); }

// The kernel counts by what it was given, whatever the plan says now.
bool HeldAddresses::runs_out_by(TimePoint when) const {
  return when - *last_renewal_ >= renewed_for_ - kExpiresEarly;
}

bool HeldAddresses::should_hand_over() {
  begin_minute();
  if (removals_ <= kFightsAMinute || yields()) return false;
  handed_over_ = world_.clock.now();
  return true;
}

bool HeldAddresses::release(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses) {
  world_.announcements.withdraw(link.index, addresses);
  const auto released = owner_ == Owner::kYes ? Done{} : world_.addresses.release(link.index, addresses);
  if (!released) {
    world_.audit_wanted = true;
    sys::log(sys::LogLevel::kError, "vrrp.release_failed",
             {{"group", group_}, {"error", released.error().message}});
    return false;
  }
  forget(addresses);
  return true;
}

void HeldAddresses::forget(const std::vector<net::IpAddress>& gone) {
  for (const net::IpAddress& address : gone) changes_ += held_.erase(address);
  metrics_.set_addresses(held_.size());
}

void HeldAddresses::forget_troubles(const std::vector<net::IpAddress>& addresses) {
  for (const net::IpAddress& address : addresses) {
    changes_ += refused_.erase(address) + restored_.erase(address);
  }
}

void HeldAddresses::keep_only(const std::set<net::IpAddress>& wanted) {
  changes_ += std::erase_if(held_, [&](const auto& address) { return !wanted.contains(address); });
  metrics_.set_addresses(held_.size());
}

void HeldAddresses::rest() {
  last_renewal_.reset();
  if (try_again_) return;
  changes_ += refused_.size();
  refused_.clear();
}

void HeldAddresses::start_over() {
  changes_ += refused_.size();
  refused_.clear();
  try_again_.reset();
}

void HeldAddresses::forget_old() {
  if (restored_.empty()) return;
  const TimePoint now = world_.clock.now();
  changes_ += std::erase_if(restored_, [&](const auto& entry) { return now >= entry.second.last + kMinute; });
}

std::optional<TimePoint> HeldAddresses::next_forgotten() const {
  std::optional<TimePoint> out;
  for (const auto& [address, restored] : restored_) {
    out = earlier(out, restored.last + kMinute);
  }
  return out;
}

std::string HeldAddresses::put_back(RepairCause cause) const {
  std::vector<std::string> addresses;
  for (const auto& [address, restored] : restored_) {
    if (restored.cause == cause) addresses.push_back(to_string(address));
  }
  return first_of(addresses);
}

std::vector<api::Condition> HeldAddresses::problems() const {
  std::vector<api::Condition> out;
  if (!refused_.empty()) {
    std::vector<std::string> texts;
    for (const auto& [address, why] : refused_) texts.push_back(why);
    out.push_back(problem("AddressNotHeld", "KernelRefused", first_of(texts)));
  }
  const std::string rest = yields() ? "; handed over, since it did not stop" : "";
  if (const std::string removed = put_back(RepairCause::kRemoved); !removed.empty()) {
    out.push_back(problem("AddressRemovedByOther", "ByOthers", removed + " removed by others" + rest));
  }
  if (const std::string found = put_back(RepairCause::kDuplicate); !found.empty()) {
    out.push_back(problem("DADFailed", "DuplicateAddressDetection",
                          found + " found on another node by the kernel" + rest));
  }
  return out;
}

}  // namespace fairlead::agent
