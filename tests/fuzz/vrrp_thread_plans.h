#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/vrrp_receive.h"
#include "support/vrrp_thread.h"

// The groups of tests/fuzz/vrrp_thread.cc, one of each kind, and what others say to them.
namespace fairlead::test {

inline plan::GroupPlan group(const std::string& name, int vrid, std::set<net::IpAddress> addresses) {
  plan::GroupPlan out = group_plan();
  out.name = name;
  out.version = {"uid-" + name, 1, 1};
  out.virtual_router_id = vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid));
  out.addresses = std::move(addresses);
  return out;
}

inline vrrp::Peers both_others() { return {{ip("192.0.2.9"), 255}, {ip("192.0.2.0"), 255}}; }

inline void set_interval(plan::GroupPlan& plan, int centiseconds) {
  plan.advertise_interval = vrrp::Centiseconds(centiseconds);
  plan.min_active_down_interval =
      vrrp::active_down_interval(plan.vrrp_version, vrrp::Priority(150), plan.advertise_interval);
}

// a and b: version 3 over IPv4; c: over IPv6; d: version 2 with a password; e: unicast.
inline std::vector<plan::GroupPlan> groups_of_each_kind() {
  std::vector<plan::GroupPlan> out;
  out.push_back(group("a", 51, {ip("192.0.2.100"), ip("192.0.2.101")}));
  out.push_back(group("b", 52, {ip("192.0.2.110")}));
  out.push_back(group("c", 53, {ip("fe80::5eff:fe00:235"), ip("2001:db8::100")}));
  out.back().family = net::Family::kIPv6;
  out.push_back(group("d", 54, {ip("192.0.2.120")}));
  out.back().vrrp_version = vrrp::Version::k2;
  out.back().password = vrrp::make_password("1234");
  set_interval(out.back(), 100);
  out.push_back(group("e", 55, {ip("192.0.2.130")}));
  out.back().unicast = plan::Unicast{std::nullopt, both_others()};
  return out;
}

// Who is greater and who is smaller than our own address.
inline net::IpAddress other(net::Family family, bool greater) {
  if (family == net::Family::kIPv6) return ip(greater ? "fe80::9" : "fe80::7");
  return ip(greater ? "192.0.2.9" : "192.0.2.0");
}

// A sound advert that lists the group's addresses.
inline vrrp::Advertisement advert_of(const plan::GroupPlan& plan, int priority) {
  return {plan.virtual_router_id, vrrp::Priority(static_cast<std::uint8_t>(priority)),
          plan.advertise_interval, vrrp::in_advert_order({plan.addresses.begin(), plan.addresses.end()})};
}

// It arrives, in the form that the group speaks.
inline void receive(VrrpWorld& world, int interface, const plan::GroupPlan& plan,
                    const net::IpAddress& sender, const vrrp::Advertisement& advert) {
  const vrrp::Endpoints endpoints{sender,
                                  plan.unicast ? ip("192.0.2.1") : vrrp::multicast_group(plan.family)};
  const vrrp::Form form{plan.vrrp_version, plan.checksum, plan.password};
  receive(world, interface, endpoints, vrrp::encode(advert, form, endpoints));
}

}  // namespace fairlead::test
