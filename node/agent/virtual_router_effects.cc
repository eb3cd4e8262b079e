// How a virtual router carries out what its machine decided, and how it meets another plan and its interface.

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/agent/problem.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {

void VirtualRouter::deliver(const vrrp::Event& event) {
  const vrrp::Step step = vrrp::step(config_, state_, event, world_.clock.now());
  state_ = step.next;
  const bool carried_out = carry_out(step);
  // Nobody heard of the attempt: nothing has happened, and the log has one line about the first.
  if (step.reason == vrrp::Reason::kPreempted && adverts_.failed() > 0) {
    state_ = vrrp::step(config_, state_, vrrp::FenceExpired{}, world_.clock.now()).next;
    adverts_.forget_last();
    return;
  }
  if (step.reason) on_transition(*step.reason);
  if (!active()) return;
  if (carried_out) {
    const auto told = adverts_.interval_unless_sent();
    if (told) state_ = vrrp::step(config_, state_, vrrp::AdvertUnsent{*told}, world_.clock.now()).next;
    return;
  }
  if (addresses_.try_again()) {
    deliver(vrrp::AddressesRefused{});
  } else {
    deliver(vrrp::FenceExpired{});
  }
}

bool VirtualRouter::carry_out(const vrrp::Step& step) {
  // A living master is not displaced by one whose adverts do not leave.
  const bool must_leave = step.reason == vrrp::Reason::kPreempted;
  for (const vrrp::Effect& effect : step.effects) {
    const bool go_on =
        std::visit(Overloaded{
                       [&](const vrrp::SendAdvert& send) {
                         return send_advert(send.priority) && !(must_leave && adverts_.failed() > 0);
                       },
                       [&](const vrrp::HoldAddresses&) { return hold_all(); },
                       [&](const vrrp::RenewAddresses&) { return renew(); },
                       [&](const vrrp::ReleaseAddresses&) { return release_all(); },
                       [&](const vrrp::RepeatAnnouncement&) {
                         announce_again();
                         return true;
                       },
                   },
                   effect);
    if (!go_on) return false;
  }
  return true;
}

bool VirtualRouter::send_advert(vrrp::Priority priority) {
  const bool was_mute = mute();
  const auto told = told_interval();
  const Microseconds wait = wait_.after(plan_, Microseconds(told));
  if (!adverts_.send(plan_, {link_.index, config_.primary, told, wait}, priority, listed())) return false;
  // The first that leaves again stands for the lifetime that was withheld.
  return !active() || !was_mute || mute() || renew();
}

bool VirtualRouter::hold_all() {
  if (late()) return false;
  addresses_.add(link_, {in_service_.begin(), in_service_.end()}, lifetime());
  if (addresses_.try_again() || late()) return false;
  const TimePoint now = world_.clock.now();
  announce(neighbor::due(timing(), neighbor::begin(timing(), addresses_.all().size(), now), addresses_.list(),
                         now));
  return true;
}

bool VirtualRouter::release_all() {
  std::set<net::IpAddress> all = in_service_;
  all.insert(addresses_.all().begin(), addresses_.all().end());
  return addresses_.release(link_, {all.begin(), all.end()});
}

void VirtualRouter::heed_addresses() {
  if (!active()) return;
  if (addresses_.try_again()) {
    deliver(vrrp::AddressesRefused{});
  } else if (addresses_.should_hand_over()) {
    deliver(vrrp::HandOver{});
  }
}

void VirtualRouter::announce(const neighbor::Due& due) {
  schedule_ = due.next;
  if (!due.addresses.empty()) world_.announcements.queue(link_, due.addresses);
}

// vrrp.md 7.8: peers that remember another MAC of ours would not get the first adverts. Our own address says
// R as the kernel does for it.
void VirtualRouter::announce_source(const Standing& standing) {
  if (!plan_.unicast) return;
  AnnouncedLink link = standing.link;
  link.router = standing.routes_ipv6;
  world_.announcements.queue(link, {standing.primary});
}

void VirtualRouter::announce_again() {
  if (schedule_) announce(neighbor::repeat(*schedule_, addresses_.list(), world_.clock.now()));
}

void VirtualRouter::withdraw_doubtful() {
  leave_if_overdue();
  if (active() && addresses_.may_have_expired())
    world_.announcements.withdraw(link_.index, addresses_.list());
}

void VirtualRouter::on_transition(vrrp::Reason reason) {
  touch();
  prepared_.reset();
  reconfigure(configured());
  const auto state = member_state();
  since_ = world_.clock.wall();
  const std::string because(to_string(reason));
  last_transition_ = api::MemberTransition{since_, because, std::nullopt};
  metrics_.set_state(state);
  metrics_.count_transition(state, reason, since_);
  if (state == api::MemberState::kMaster) {
    on_active(reason);
    return;
  }
  adverts_.forget_last();
  adverts_.forget_failed();
  addresses_.rest();
  schedule_.reset();
  if (state == api::MemberState::kBackup) {
    sys::log(sys::LogLevel::kInfo, "vrrp.became_backup", {{"group", plan_.name}, {"reason", because}});
    return;
  }
  last_heard_.reset();
  heard_.forget();
  sys::log(sys::LogLevel::kInfo, "vrrp.initialize", {{"group", plan_.name}, {"reason", because}});
}

void VirtualRouter::on_active(vrrp::Reason reason) {
  if (last_heard_ && !addresses_.all().empty()) {
    const Microseconds outage = world_.clock.now() - *last_heard_;
    last_transition_->outage_ms = std::chrono::floor<Milliseconds>(outage).count();
    world_.metrics.observe_outage(reason, outage);
  }
  last_heard_.reset();
  heard_.forget();
  const auto& outage_ms = last_transition_->outage_ms;
  sys::log(sys::LogLevel::kInfo, "vrrp.became_active",
           {{"group", plan_.name},
            {"reason", std::string(to_string(reason))},
            {"addresses", std::to_string(addresses_.all().size())},
            {"outage_ms", outage_ms ? std::to_string(*outage_ms) : ""}});
}

void VirtualRouter::repair(const std::vector<net::IpAddress>& missing) {
  if (!active()) return;
  touch();
  const auto ours = in_service(missing);
  addresses_.forget(missing);
  world_.announcements.withdraw(link_.index, missing);
  if (ours.empty() || mute()) return;
  if (late()) {
    deliver(vrrp::FenceExpired{});
    return;
  }
  addresses_.restore(link_, ours, lifetime());
  heed_addresses();
  leave_if_overdue();  // the call may have taken its time
}

void VirtualRouter::make_again(const std::vector<net::IpAddress>& useless) {
  if (!active()) return;
  touch();
  const auto ours = in_service(useless);
  if (ours.empty() || late()) return;  // the next beat ends it
  addresses_.make_again(link_, ours, lifetime());
  heed_addresses();
  leave_if_overdue();
}

void VirtualRouter::change(plan::GroupPlan next) {
  touch();
  adverts_.heed(next);
  told_to_hand_over_ = next.hand_over && !plan_.hand_over;
  wait_.change(plan_, next, world_.clock.now());
  plan_ = std::move(next);
}

void VirtualRouter::place(const Ground& ground) {
  touch();
  const auto link_before = link_problem_;
  const auto address_before = address_problem_;
  stand_on(ground);
  tell(link_before, link_problem_);
  tell(address_before, address_problem_);
}

void VirtualRouter::tell(const std::optional<api::Condition>& before,
                         const std::optional<api::Condition>& now) const {
  if (!now || now == before) return;
  sys::log(sys::LogLevel::kWarning, "vrrp.problem",
           {{"group", plan_.name}, {"type", now->type}, {"message", now->message}});
}

void VirtualRouter::stand_on(const Ground& ground) {
  const Standing now = standing(plan_, ground);
  // By an advert of now: the one before gave the time of another plan, or none where the kernel refused.
  const bool followed = !fence_.held && ground.fence.held;
  fence_ = ground.fence;
  const bool told_to_hand_over = std::exchange(told_to_hand_over_, false);
  link_problem_ = now.problem;
  look_again_ = now.look_again;
  // FN-18: whoever else is a member comes before both of us.
  priority_ = world_.namesake.empty() || owner() ? now.priority : vrrp::Priority(1);
  metrics_.set_priority(priority_);
  if (running() && now.problem && now.reason != vrrp::Reason::kLinkDown) leave(now.reason);
  if (running() && (now.problem || now.link.index != link_.index)) deliver(vrrp::InterfaceLost{});
  vrrp::RouterConfig next = configured();
  if (now.problem || (remains_ && remains_->interface != now.link.index)) give_up_remains();
  if (now.problem) {
    reconfigure(next);
    addresses_.start_over();
    adverts_.forget_unsent();
    return;
  }
  const bool moved = now.link != link_;
  const bool sends_anew = moved || now.primary != config_.primary;
  link_ = now.link;
  next.primary = now.primary;
  if (sends_anew) announce_source(now);
  reconfigure(next);
  if (told_to_hand_over && !owner()) deliver(vrrp::HandOver{});
  if (followed && active()) deliver(vrrp::FenceFollowed{});
  take_in(ground);
  // FN-05: announce again after a change under us (another bond slave, another MAC).
  if (moved && active()) announce_again();
}

std::optional<api::Condition> VirtualRouter::obstacle(const net::IpAddress& address,
                                                      const Ground& ground) const {
  if (owner()) {
    const auto& entries = ground.interfaces.at(link_.index).addresses;
    const bool there = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return entry.prefix.address == address && !entry.ours;
    });
    if (there) return std::nullopt;
    return problem("OwnerAddressMissing", "NotThere",
                   to_string(address) + " is not on " + link_.name + ", which is to own it");
  }
  const auto holder = ground.foreign.find(address);
  if (holder == ground.foreign.end()) return silence_problem(address, ground.fence);
  return problem("AddressInUse", "NotOurs",
                 to_string(address) + " is on " + holder->second + " already, and not ours");
}

void VirtualRouter::take_in(const Ground& ground) {
  address_problem_.reset();
  programmed_ = true;
  if (!running()) in_service_.clear();
  std::vector<net::IpAddress> added;
  for (const net::IpAddress& address : planned()) {
    const auto problem = obstacle(address, ground);
    if (problem) {
      address_problem_ = problem;
      if (!active()) in_service_.erase(address);
    }
    if (problem || !ground.ready.contains(address)) {
      programmed_ = programmed_ && in_service_.contains(address);
    } else if (in_service_.insert(address).second) {
      added.push_back(address);
    }
  }
  if (owner() && address_problem_) return leave(vrrp::Reason::kOwnerAddressMissing);
  if (listed().empty()) return leave(vrrp::Reason::kShutdown);
  if (!running()) {
    start();
  } else if (active() && !added.empty()) {
    if (late()) return deliver(vrrp::FenceExpired{});
    addresses_.add(link_, added, lifetime());
    std::erase_if(added, [this](const auto& address) { return !addresses_.all().contains(address); });
    world_.announcements.queue(link_, added);
    heed_addresses();
  }
}

}  // namespace fairlead::agent
