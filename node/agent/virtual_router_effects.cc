// How a virtual router carries out what its machine decided, and how it meets its interface.

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/overloaded.h"
#include "lib/sys/log.h"
#include "node/agent/virtual_router.h"

namespace fairlead::agent {
namespace {

api::Condition problem(std::string type, std::string reason, std::string message) {
  return {std::move(type), api::ConditionStatus::kTrue, std::move(reason), std::move(message), 0, {}};
}

}  // namespace

bool VirtualRouter::carry_out(const vrrp::Step& step) {
  // A living master is not displaced by one whose adverts do not leave.
  const bool must_leave = step.reason == vrrp::Reason::kPreempted;
  for (const vrrp::Effect& effect : step.effects) {
    const bool go_on =
        std::visit(Overloaded{
                       [&](const vrrp::SendAdvert& send) {
                         return send_advert(send.priority) && !(must_leave && failed_sends_ > 0);
                       },
                       [&](const vrrp::HoldAddresses&) { return hold_all(); },
                       [&](const vrrp::RenewAddresses&) { return renew(); },
                       [&](const vrrp::ReleaseAddresses&) {
                         std::set<net::IpAddress> all = in_service_;
                         all.insert(held_.begin(), held_.end());
                         return release({all.begin(), all.end()});
                       },
                       [&](const vrrp::RepeatAnnouncement&) {
                         if (schedule_)
                           announce(neighbor::repeat(*schedule_, held_list(), world_.clock.now()));
                         return true;
                       },
                   },
                   effect);
    if (!go_on) return false;
  }
  return true;
}

// The gap between adverts, judged; without a previous advert there is none (failure-model.md 1.2). By what
// that advert said: a plan that came since is not known to those who heard it.
address::FenceVerdict VirtualRouter::fence() const {
  if (!last_advert_) return address::FenceVerdict::kGoOn;
  return address::judge(world_.clock.boot_time() - last_advert_->at, last_advert_->interval,
                        last_advert_->min_active_down_interval);
}

void VirtualRouter::note_advert() {
  last_advert_ = LastAdvert{world_.clock.boot_time(), Microseconds(plan_.advertise_interval),
                            plan_.min_active_down_interval};
}

Seconds VirtualRouter::lifetime() const {
  return address::fence_lifetime(Microseconds(plan_.advertise_interval), plan_.min_active_down_interval,
                                 plan_.fence_lifetime);
}

bool VirtualRouter::send_advert(vrrp::Priority priority) {
  const bool gives_up = priority == vrrp::kRelinquish;
  if (!gives_up && fence() == address::FenceVerdict::kGiveUp) return false;
  const auto sent = send_to_all({plan_.virtual_router_id, priority, plan_.advertise_interval,
                                 vrrp::in_advert_order({in_service_.begin(), in_service_.end()})});
  if (!sent) {
    note_unsent(sent.error().message);
    if (!last_advert_) note_advert();
    return true;
  }
  note_sent();
  const bool too_late = !gives_up && fence() == address::FenceVerdict::kGiveUp;
  note_advert();
  return !too_late;
}

// To the group, or to each peer: the first failure is told, and keeps none of the others from being tried.
Result<> VirtualRouter::send_to_all(const vrrp::Advertisement& advert) {
  const vrrp::Form form{plan_.vrrp_version, plan_.checksum, plan_.password};
  const auto send_to = [&](const net::IpAddress& destination) {
    const vrrp::Endpoints endpoints{config_.primary, destination};
    return world_.adverts.send(link_.index, endpoints, vrrp::encode(advert, form, endpoints));
  };
  if (!plan_.unicast) return send_to(vrrp::multicast_group(plan_.family));
  Result<> out = Done{};
  for (const auto& [peer, min_ttl] : plan_.unicast->peers) {
    const auto sent = send_to(peer);
    if (out && !sent) out = sent;
  }
  return out;
}

void VirtualRouter::note_unsent(const std::string& why) {
  ++failed_sends_;
  metrics_.count_unsent();
  if (!unsent_) {
    sys::log(sys::LogLevel::kWarning, "vrrp.send_failed", {{"group", plan_.name}, {"error", why}});
  }
  unsent_ = Unsent{why, world_.clock.now()};
}

void VirtualRouter::note_sent() {
  failed_sends_ = 0;
  metrics_.count_sent();
  if (!unsent_) return;
  unsent_.reset();
  sys::log(sys::LogLevel::kInfo, "vrrp.sends_again", {{"group", plan_.name}});
}

void VirtualRouter::announce(const neighbor::Due& due) {
  schedule_ = due.next;
  if (!due.addresses.empty()) world_.announcements.queue(link_, due.addresses);
}

// What adverts are sent from. A configured address must be there, too.
std::optional<net::IpAddress> VirtualRouter::primary_on(const address::Interface& interface) const {
  if (!plan_.unicast || !plan_.unicast->source) return address::primary_address(interface, plan_.family);
  for (const address::InterfaceAddress& entry : interface.addresses) {
    if (entry.prefix.address == *plan_.unicast->source && !entry.ours) return plan_.unicast->source;
  }
  return std::nullopt;
}

std::string VirtualRouter::no_source() const {
  if (plan_.unicast && plan_.unicast->source) return " has no address " + to_string(*plan_.unicast->source);
  return plan_.family == net::Family::kIPv4 ? " has no IPv4 address" : " has no IPv6 link-local address";
}

void VirtualRouter::place(const address::Interfaces& interfaces, const std::set<net::IpAddress>& ready,
                          const std::optional<std::string>& deaf) {
  const address::Interface* interface = address::find_interface(interfaces, plan_.interface);
  link_problem_.reset();
  std::optional<net::IpAddress> primary;
  if (interface == nullptr) {
    link_problem_ = problem("InterfaceMissing", "InterfaceMissing", plan_.interface + " does not exist");
  } else if (primary = primary_on(*interface); !interface->up) {
    link_problem_ = problem("LinkDown", "NoCarrier", plan_.interface + " is down or has no carrier");
  } else if (!primary) {
    link_problem_ = problem("InterfaceMissing", "NoAddress", plan_.interface + no_source());
  } else if (deaf) {
    link_problem_ =
        problem("CannotListen", "SocketRefused", "no VRRP socket on " + plan_.interface + ": " + *deaf);
  }
  const bool same_link = interface != nullptr && interface->index == link_.index;
  if (running() && (link_problem_ || !same_link)) deliver(vrrp::InterfaceLost{});
  if (link_problem_) {
    not_held_.clear();
    try_again_.reset();
    unsent_.reset();
    return;
  }

  const AnnouncedLink link{interface->index, interface->name, interface->mac, interface->arp};
  const bool moved = link != link_;
  link_ = link;
  vrrp::RouterConfig next = configured();
  next.primary = *primary;
  reconfigure(next);
  take_in(ready, interfaces);
  // FN-05: announce again after a change under us (another bond slave, another MAC).
  if (moved && active() && schedule_) {
    announce(neighbor::repeat(*schedule_, held_list(), world_.clock.now()));
  }
}

void VirtualRouter::take_in(const std::set<net::IpAddress>& ready, const address::Interfaces& interfaces) {
  address_problem_.reset();
  programmed_ = true;
  if (!running()) in_service_.clear();
  std::vector<net::IpAddress> added;
  for (const net::IpAddress& address : plan_.addresses) {
    const auto holder = address::foreign_holder(interfaces, address);
    if (holder) {
      address_problem_ = problem("AddressInUse", "NotOurs",
                                 to_string(address) + " is on " + *holder + " already, and not ours");
      if (!active()) in_service_.erase(address);
    }
    if (holder || !ready.contains(address)) {
      programmed_ = programmed_ && in_service_.contains(address);
    } else if (in_service_.insert(address).second) {
      added.push_back(address);
    }
  }
  if (in_service_.empty()) return shut_down();
  if (!running()) {
    start();
  } else if (active() && !added.empty()) {
    hold(added, true);
    std::erase_if(added, [this](const auto& address) { return !held_.contains(address); });
    world_.announcements.queue(link_, added);
    if (try_again_) deliver(vrrp::AddressesRefused{});
  }
}

}  // namespace fairlead::agent
