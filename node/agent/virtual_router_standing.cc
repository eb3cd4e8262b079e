#include "node/agent/virtual_router_standing.h"

#include <algorithm>
#include <chrono>

#include "node/agent/problem.h"
#include "node/vrrp/packet.h"

namespace fairlead::agent {
namespace {

// What adverts are sent from. A configured address must be there, too.
std::optional<net::IpAddress> primary_on(const plan::GroupPlan& plan, const address::Interface& interface) {
  if (!plan.unicast || !plan.unicast->source) {
    return address::primary_address(interface, plan.family, plan.addresses, plan.excluded);
  }
  for (const address::InterfaceAddress& entry : interface.addresses) {
    if (entry.prefix.address == *plan.unicast->source && !entry.ours) return plan.unicast->source;
  }
  return std::nullopt;
}

std::string no_source(const plan::GroupPlan& plan) {
  if (plan.unicast && plan.unicast->source) return " has no address " + to_string(*plan.unicast->source);
  return plan.family == net::Family::kIPv4 ? " has no IPv4 address" : " has no IPv6 link-local address";
}

// Until when an interface that is up is not believed; nothing if it is.
std::optional<TimePoint> doubted_until(const plan::GroupPlan& plan, const Ground& ground, int index) {
  const auto from = ground.links.believed_from(index, plan.link_up_delay);
  return from && ground.now < *from ? from : std::nullopt;
}

// Whether a tracked interface counts as up; if it is only waited for, `look_again` says until when.
bool works(const plan::GroupPlan& plan, const Ground& ground, const std::string& name,
           std::optional<TimePoint>& look_again) {
  const address::Interface* interface = address::find_interface(ground.interfaces, name);
  if (interface == nullptr || !interface->up) return false;
  const auto until = doubted_until(plan, ground, interface->index);
  if (until && (!look_again || *until < *look_again)) look_again = until;
  return !until;
}

// Weights count for whoever can have another priority: the owner cannot (RFC 9568 5.2.4).
void weigh(const plan::GroupPlan& plan, const Ground& ground, Standing& out) {
  int priority = plan.priority.value();
  for (const plan::TrackedInterface& tracked : plan.tracked) {
    const bool up = works(plan, ground, tracked.name, out.look_again);
    if (tracked.weight == 0 && !up && !out.problem) {
      out.problem =
          problem("TrackedInterfaceDown", "NotUp", tracked.name + " is missing, down or not believed yet");
      out.reason = vrrp::Reason::kTrackedInterfaceDown;
    }
    if ((tracked.weight > 0) == up) priority += tracked.weight;
  }
  if (plan.priority == vrrp::kOwner) return;
  out.priority = vrrp::Priority(static_cast<std::uint8_t>(std::clamp(priority, 1, 254)));
}

// An advert is never sent in pieces.
std::optional<api::Condition> too_many(const plan::GroupPlan& plan, const address::Interface& interface) {
  const std::size_t most = vrrp::most_addresses(plan.vrrp_version, plan.family, interface.mtu);
  if (plan.addresses.size() <= most) return std::nullopt;
  return problem("TooManyAddresses", "BeyondTheMtu",
                 std::to_string(plan.addresses.size()) + " addresses, but an advert can list " +
                     std::to_string(most) + " at the MTU " + std::to_string(interface.mtu) + " of " +
                     plan.interface);
}

std::string milliseconds(Microseconds span) {
  return std::to_string(std::chrono::duration_cast<Milliseconds>(span).count()) + " ms";
}

}  // namespace

Standing standing(const plan::GroupPlan& plan, const Ground& ground) {
  Standing out;
  out.priority = plan.priority;
  const address::Interface* interface = address::find_interface(ground.interfaces, plan.interface);
  std::optional<net::IpAddress> primary;
  if (interface == nullptr) {
    out.problem = problem("InterfaceMissing", "InterfaceMissing", plan.interface + " does not exist");
  } else if (primary = primary_on(plan, *interface); !interface->up) {
    out.problem = problem("LinkDown", "NoCarrier", plan.interface + " is down or has no carrier");
  } else if (!primary) {
    out.problem = problem("InterfaceMissing", "NoAddress", plan.interface + no_source(plan));
  } else if (ground.deaf) {
    out.problem =
        problem("CannotListen", "SocketRefused", "no VRRP socket on " + plan.interface + ": " + *ground.deaf);
  } else if (out.look_again = doubted_until(plan, ground, interface->index); out.look_again) {
    out.problem = problem("LinkUpDelay", "JustCameUp",
                          plan.interface + " came up less than " + milliseconds(plan.link_up_delay) + " ago");
  } else if (out.problem = too_many(plan, *interface); out.problem) {
    out.reason = vrrp::Reason::kTooManyAddresses;
  }
  weigh(plan, ground, out);
  if (interface != nullptr) {
    out.link = {interface->index,           interface->name,        interface->mac,           interface->arp,
                interface->carrier_changes, interface->active_port, plan.announce.router_flag};
    out.routes_ipv6 = interface->routes_ipv6;
    out.primary = primary.value_or(net::IpAddress{});
  }
  return out;
}

}  // namespace fairlead::agent
