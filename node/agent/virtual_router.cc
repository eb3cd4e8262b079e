#include "node/agent/virtual_router.h"

#include <algorithm>
#include <utility>

#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/address/fence.h"
#include "node/neighbor/arp.h"
#include "node/vrrp/packet.h"

namespace fairlead::agent {
namespace {

constexpr int kRepairsAMinute = 60;
constexpr int kFailedSendsThatStopRenewal = 2;

vrrp::ChecksumForm form_of(api::Checksum checksum) {
  return checksum == api::Checksum::kRfc5798 ? vrrp::ChecksumForm::kRfc5798 : vrrp::ChecksumForm::kRfc9568;
}

api::MemberState member_state(const vrrp::State& state) {
  return std::visit(Overloaded{
                        [](const vrrp::Initialize&) { return api::MemberState::kInitialize; },
                        [](const vrrp::Backup&) { return api::MemberState::kBackup; },
                        [](const vrrp::Active&) { return api::MemberState::kMaster; },
                    },
                    state);
}

api::Condition problem(std::string type, std::string message) {
  api::Condition out;
  out.type = type;
  out.status = api::ConditionStatus::kTrue;
  out.reason = std::move(type);
  out.message = std::move(message);
  return out;
}

}  // namespace

VirtualRouter::VirtualRouter(VirtualRouterPorts& ports, std::map<int, neighbor::FrameBudget>& budgets,
                             sys::Metrics& metrics, const plan::GroupPlan& plan)
    : ports_(ports),
      budgets_(budgets),
      metrics_(metrics, plan.name),
      plan_(plan),
      since_(ports.clock->wall()) {
  metrics_.state.set(0);
  metrics_.priority.set(plan.priority.value());
}

vrrp::RouterConfig VirtualRouter::config() const {
  return {plan_.priority, plan_.advertise_interval, plan_.preempt, plan_.preempt_delay, warm_since_,
          primary_};
}

Seconds VirtualRouter::lifetime() const {
  return address::fence_lifetime(plan_.advertise_interval, plan_.min_active_down_interval,
                                 plan_.fence_lifetime);
}

// The group's addresses that may be held now, ascending.
std::vector<net::IpAddress> VirtualRouter::wanted() const {
  std::vector<net::IpAddress> out;
  std::set_intersection(plan_.addresses.begin(), plan_.addresses.end(), ready_addresses_.begin(),
                        ready_addresses_.end(), std::back_inserter(out));
  return out;
}

bool VirtualRouter::needs_restart(const plan::GroupPlan& plan) const {
  return plan.interface != plan_.interface || plan.virtual_router_id != plan_.virtual_router_id ||
         plan.family != plan_.family;
}

void VirtualRouter::reconfigure(const plan::GroupPlan& plan, const Surroundings& around) {
  if (plan == plan_) return;
  const vrrp::RouterConfig before = config();
  plan_ = plan;
  metrics_.priority.set(plan.priority.value());
  if (config() != before) deliver(vrrp::Reconfigured{before});
  std::set<net::IpAddress> gone;
  std::set_difference(held_.begin(), held_.end(), plan_.addresses.begin(), plan_.addresses.end(),
                      std::inserter(gone, gone.end()));
  if (!gone.empty()) release(gone);
  observe(around);
}

// Takes over what the interface is now; blocked_by_ says why the group cannot run on it.
void VirtualRouter::read_interface(const Surroundings& around) {
  blocked_by_.clear();
  blocked_message_.clear();
  if (around.interface == nullptr) {
    blocked_by_ = "InterfaceMissing";
    blocked_message_ = "there is no interface " + plan_.interface + " on this node";
    return;
  }
  interface_ = around.interface->index;
  mac_ = around.interface->mac;
  arp_ = around.interface->arp;
  const auto primary = address::primary_address(*around.interface);
  if (!around.interface->up) {
    blocked_by_ = "LinkDown";
    blocked_message_ = "interface " + plan_.interface + " is down or has no carrier";
  } else if (!primary) {
    blocked_by_ = "InterfaceMissing";
    blocked_message_ = "interface " + plan_.interface + " has no IPv4 address to send adverts from";
  } else if (around.foreign_holder && !active()) {
    blocked_by_ = "AddressInUse";
    blocked_message_ =
        "an address of the group is configured on " + *around.foreign_holder + " by somebody else";
  } else {
    primary_ = *primary;
  }
}

void VirtualRouter::observe(const Surroundings& around) {
  const int before = interface_;
  read_interface(around);
  ready_ = around.ready;
  ready_addresses_ = around.ready_addresses;
  if (!blocked_by_.empty()) {
    if (!std::holds_alternative<vrrp::Initialize>(state_)) deliver(vrrp::InterfaceLost{});
    warm_since_.reset();
    if (around.interface == nullptr) {
      held_.clear();  // with the interface went its addresses
      interface_ = 0;
    }
    return;
  }
  if (before != interface_ && before != 0 && !std::holds_alternative<vrrp::Initialize>(state_)) {
    held_.clear();  // the old interface is gone, another has its name
    deliver(vrrp::InterfaceLost{});
  }
  if (!ready_ && std::holds_alternative<vrrp::Initialize>(state_)) return;
  if (ready_ && !warm_since_) warm_since_ = ports_.clock->now();
  if (std::holds_alternative<vrrp::Initialize>(state_)) {
    if (auto joined = ports_.adverts->join(interface_); !joined) {
      blocked_by_ = "SocketFailed";
      blocked_message_ = joined.error().message;
      return;
    }
    deliver(vrrp::Startup{});
    return;
  }
  if (active()) put_back_missing(*around.interface);
}

// Addresses that became ready, and those that somebody removed, go (back) on the interface at once.
void VirtualRouter::put_back_missing(const address::Interface& interface) {
  std::set<net::IpAddress> present;
  for (const auto& entry : interface.addresses) {
    if (entry.ours && !entry.lasting) present.insert(entry.prefix.address);
  }
  std::vector<net::IpAddress> missing;
  for (const auto& address : wanted()) {
    if (!present.contains(address)) missing.push_back(address);
  }
  if (missing.empty()) return;
  const TimePoint now = ports_.clock->now();
  std::erase_if(repairs_, [&](TimePoint at) { return now - at > Seconds(60); });
  const bool removed =
      std::any_of(missing.begin(), missing.end(), [&](const auto& a) { return held_.contains(a); });
  if (removed && repairs_.size() >= kRepairsAMinute) return;  // a fight: the next minute tries again
  if (!fence_allows_advert()) return;
  const auto holding = ports_.addresses->hold(interface_, missing, lifetime());
  for (const auto& error : holding.errors) {
    metrics_.count_renewal_error();
    sys::log(sys::LogLevel::kWarning, "vrrp.address_refused",
             {{"group", plan_.name}, {"error", error.message}});
  }
  for (const auto& address : holding.created) {
    if (!held_.contains(address)) continue;
    repairs_.push_back(now);
    metrics_.count_repair("removed_by_other");
    sys::log(sys::LogLevel::kWarning, "vrrp.address_put_back",
             {{"group", plan_.name}, {"address", net::to_string(address)}});
  }
  held_.insert(holding.held.begin(), holding.held.end());
  announce(holding.created);
}

void VirtualRouter::receive(const vrrp::Accepted& accepted) {
  metrics_.received.add(1);
  last_heard_ = ports_.clock->now();
  const auto& advert = accepted.advert;
  deliver(vrrp::AdvertReceived{advert.priority, advert.max_advertise_interval, accepted.sender});
  if (std::holds_alternative<vrrp::Backup>(state_)) hears_ = net::to_string(accepted.sender);
}

void VirtualRouter::time_passed() {
  const TimePoint now = ports_.clock->now();
  const auto deadline = vrrp::next_deadline(state_);
  if (deadline && now >= *deadline) {
    if (active()) {
      metrics_.lateness.observe(std::chrono::duration<double>(now - *deadline).count());
    }
    deliver(vrrp::TimePassed{});
  }
  if (!active() || !schedule_) return;
  const std::vector<net::IpAddress> held(held_.begin(), held_.end());
  auto due = neighbor::due(*schedule_, held, now);
  schedule_ = due.next;
  announce(due.addresses);
}

bool VirtualRouter::shut_down() {
  deliver(vrrp::Shutdown{});
  return held_.empty();
}

std::optional<TimePoint> VirtualRouter::next_deadline() const {
  auto out = vrrp::next_deadline(state_);
  if (active() && schedule_) {
    const auto announcement = neighbor::next_due(*schedule_, held_.size());
    if (announcement && (!out || *announcement < *out)) out = announcement;
  }
  return out;
}

void VirtualRouter::deliver(const vrrp::Event& event) {
  const vrrp::State before = state_;
  auto step = vrrp::step(config(), state_, event, ports_.clock->now());
  state_ = step.next;
  if (!active()) {
    last_advert_.reset();
    schedule_.reset();
  }
  if (!carry_out(step.effects)) {
    // Adverts too late to be sure of being alone: nothing was sent. Give up instead.
    state_ = before;
    deliver(vrrp::FenceExpired{});
    return;
  }
  if (step.reason) changed_state(before, *step.reason);
}

// False if the fence forbids an advert that the effects ask for; the rest is not carried out then.
bool VirtualRouter::carry_out(const std::vector<vrrp::Effect>& effects) {
  bool allowed = true;
  for (const auto& effect : effects) {
    const bool go_on = std::visit(
        Overloaded{
            [&](const vrrp::SendAdvert& advert) {
              if (advert.priority != vrrp::kRelinquish && !fence_allows_advert()) return allowed = false;
              send_advert(advert.priority);
              return true;
            },
            [&](const vrrp::HoldAddresses&) {
              hold_addresses();
              return true;
            },
            [&](const vrrp::RenewAddresses&) {
              if (!fence_allows_advert()) return allowed = false;
              renew_addresses();
              return true;
            },
            [&](const vrrp::ReleaseAddresses&) { return release(std::set<net::IpAddress>(held_)); },
            [&](const vrrp::RepeatAnnouncement&) {
              if (!schedule_) return true;
              auto due = neighbor::repeat(*schedule_, {held_.begin(), held_.end()}, ports_.clock->now());
              schedule_ = due.next;
              announce(due.addresses);
              return true;
            },
        },
        effect);
    if (!go_on) return allowed;
  }
  return true;
}

// The rules for G of failure-model.md 1.2. Received packets were drained at the start of this turn, so a
// late group that is still Active has heard no rival.
bool VirtualRouter::fence_allows_advert() {
  if (!last_advert_) return true;
  const Microseconds gap = ports_.clock->boot_time() - *last_advert_;
  return address::judge(gap, plan_.advertise_interval, plan_.min_active_down_interval) !=
         address::FenceVerdict::kGiveUp;
}

void VirtualRouter::send_advert(vrrp::Priority priority) {
  vrrp::Advertisement advert;
  advert.virtual_router_id = plan_.virtual_router_id;
  advert.priority = priority;
  advert.max_advertise_interval = plan_.advertise_interval;
  advert.addresses.assign(plan_.addresses.begin(), plan_.addresses.end());
  const auto bytes = vrrp::encode(advert, form_of(plan_.checksum), {primary_, vrrp::multicast_group()});
  const auto sent = ports_.adverts->send(interface_, primary_, bytes);
  if (sent) {
    metrics_.sent.add(1);
    failed_sends_ = 0;
    if (active()) last_advert_ = ports_.clock->boot_time();
    return;
  }
  if (++failed_sends_ == kFailedSendsThatStopRenewal) {
    sys::log(sys::LogLevel::kError, "vrrp.advert_failed",
             {{"group", plan_.name}, {"error", sent.error().message}});
  }
}

void VirtualRouter::hold_addresses() {
  const auto holding = ports_.addresses->hold(interface_, wanted(), lifetime());
  const TimePoint now = ports_.clock->now();
  last_renewal_ = now;
  for (const auto& error : holding.errors) {
    metrics_.count_renewal_error();
    sys::log(sys::LogLevel::kError, "vrrp.address_refused",
             {{"group", plan_.name}, {"error", error.message}});
  }
  held_.insert(holding.held.begin(), holding.held.end());
  metrics_.addresses.set(static_cast<double>(held_.size()));
  auto due = neighbor::due(neighbor::Schedule{now, 0, {}, 0, {}}, {held_.begin(), held_.end()}, now);
  schedule_ = due.next;
  announce(due.addresses);
}

// Directly before an advert. An address that had to be created was gone: it is announced again.
void VirtualRouter::renew_addresses() {
  const TimePoint now = ports_.clock->now();
  if (failed_sends_ >= kFailedSendsThatStopRenewal || !address::renewal_due(last_renewal_, now)) return;
  const auto holding = ports_.addresses->hold(interface_, wanted(), lifetime());
  last_renewal_ = now;
  for (const auto& error : holding.errors) {
    metrics_.count_renewal_error();
    sys::log(sys::LogLevel::kWarning, "vrrp.address_refused",
             {{"group", plan_.name}, {"error", error.message}});
  }
  held_.insert(holding.held.begin(), holding.held.end());
  metrics_.addresses.set(static_cast<double>(held_.size()));
  for (std::size_t i = 0; i < holding.created.size(); ++i) metrics_.count_repair("gone_at_renewal");
  announce(holding.created);
}

bool VirtualRouter::release(const std::set<net::IpAddress>& addresses) {
  if (addresses.empty() || interface_ == 0) return true;
  const auto released = ports_.addresses->release(interface_, {addresses.begin(), addresses.end()});
  if (!released) {
    sys::log(sys::LogLevel::kError, "vrrp.release_failed",
             {{"group", plan_.name}, {"error", released.error().message}});
    return false;
  }
  for (const auto& address : addresses) held_.erase(address);
  metrics_.addresses.set(static_cast<double>(held_.size()));
  return true;
}

// Requests of all addresses first, then the replies (vrrp.md 7.1), as far as the budget goes.
void VirtualRouter::announce(const std::vector<net::IpAddress>& addresses) {
  if (addresses.empty() || !arp_) return;
  std::vector<net::Bytes> frames;
  for (const auto operation : {neighbor::ArpOperation::kRequest, neighbor::ArpOperation::kReply}) {
    for (const auto& address : addresses) {
      frames.push_back(neighbor::encode(neighbor::gratuitous_arp(mac_, address, operation)));
    }
  }
  auto& budget = budgets_[interface_];
  const auto grant = neighbor::take(budget, static_cast<std::int64_t>(frames.size()), ports_.clock->now());
  budget = grant.next;
  frames.resize(static_cast<std::size_t>(grant.frames));
  metrics_.count_announcements(plan_.interface, frames.size());
  if (auto sent = ports_.announcer->send(interface_, frames); !sent) {
    sys::log(sys::LogLevel::kWarning, "vrrp.announce_failed",
             {{"group", plan_.name}, {"error", sent.error().message}});
  }
}

void VirtualRouter::changed_state(const vrrp::State& before, vrrp::Reason reason) {
  since_ = ports_.clock->wall();
  last_transition_ = api::MemberTransition{since_, std::string(vrrp::to_string(reason)), std::nullopt};
  const api::MemberState to = member_state(state_);
  if (to == api::MemberState::kMaster) {
    if (last_heard_) {
      const Microseconds outage = ports_.clock->now() - *last_heard_;
      last_transition_->outage_ms = std::chrono::duration_cast<Milliseconds>(outage).count();
      metrics_.observe_failover(last_transition_->reason, outage);
    }
    hears_.clear();
    last_heard_.reset();
  }
  if (to == api::MemberState::kInitialize) {
    hears_.clear();
    last_heard_.reset();
  }
  metrics_.state.set(to == api::MemberState::kMaster ? 2 : to == api::MemberState::kBackup ? 1 : 0);
  metrics_.last_transition.set(static_cast<double>(since_.time_since_epoch().count()) / 1e6);
  metrics_.count_transition(std::string(api::to_string(to)), last_transition_->reason);
  if (to == api::MemberState::kMaster) {
    log_transition("vrrp.became_active", reason);
  } else if (to == api::MemberState::kBackup) {
    log_transition("vrrp.became_backup", reason);
  } else if (!std::holds_alternative<vrrp::Initialize>(before)) {
    log_transition("vrrp.initialize", reason);
  }
}

void VirtualRouter::log_transition(std::string_view event, vrrp::Reason reason) const {
  std::string outage = "none";
  if (last_transition_ && last_transition_->outage_ms) outage = std::to_string(*last_transition_->outage_ms);
  sys::log(sys::LogLevel::kInfo, event,
           {{"group", plan_.name},
            {"interface", plan_.interface},
            {"vrid", std::to_string(plan_.virtual_router_id.value())},
            {"priority", std::to_string(plan_.priority.value())},
            {"reason", std::string(vrrp::to_string(reason))},
            {"outage_ms", outage}});
}

GroupReport VirtualRouter::report() const {
  GroupReport out;
  out.state = member_state(state_);
  out.since = since_;
  out.observed_generation = plan_.version.generation;
  out.programmed = ready_;
  out.priority = plan_.priority.value();
  out.hears = hears_;
  out.last_transition = last_transition_;
  out.held = held_;
  if (!blocked_by_.empty()) out.problems.push_back(problem(blocked_by_, blocked_message_));
  const Microseconds overlap = address::fence_overlap(lifetime(), plan_.min_active_down_interval);
  if (overlap > Microseconds(0)) {
    const auto ms = std::chrono::duration_cast<Milliseconds>(overlap).count();
    out.problems.push_back(
        problem("FenceOverlap", "after the death of this daemon the addresses may linger up to " +
                                    std::to_string(ms) + " ms beside a new master"));
  }
  return out;
}

}  // namespace fairlead::agent
