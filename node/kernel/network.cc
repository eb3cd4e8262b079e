#include "node/kernel/network.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "node/address/interface_news.h"
#include "node/kernel/route_messages.h"
#include "node/kernel/route_socket.h"
#include "node/kernel/tick_clock.h"

namespace fairlead::kernel {
namespace {

using address::Interfaces;

class RealNetwork : public Network {
 public:
  RealNetwork(sys::Loop& loop, RouteSocket events, RouteSocket requests)
      : loop_(loop), events_(std::move(events)), requests_(std::move(requests)) {}

  void on_news(std::function<void()> wake) override { watch_.emplace(loop_, events_.fd(), std::move(wake)); }

  bool update() override {
    bool routes_changed = false;
    bool changed = false;
    // Routes are asked for once, at the end, however many events tell of them.
    const auto drained = events_.drain([&](const nlmsghdr& message) {
      if (take_in(message)) changed = true;
      if ((message.nlmsg_type == RTM_NEWROUTE || message.nlmsg_type == RTM_DELROUTE) &&
          is_default_route(message)) {
        routes_changed = true;
      }
    });
    if (drained == RouteSocket::Drained::kOverrun) lost_ = true;
    if (lost_) return read_everything() || changed;
    if (routes_changed) changed = read_routes(interfaces_) || changed;
    return changed;
  }

  const Interfaces& interfaces() const override { return interfaces_; }

  address::Renewals renewals() override {
    address::Renewals out;
    const auto done = requests_.dump(
        RTM_GETADDR, AF_UNSPEC, [&] { out.clear(); },
        [&](const nlmsghdr& message) {
          if (message.nlmsg_type != RTM_NEWADDR) return;
          const auto entry = read_address(message);
          if (!entry || !entry->address.ours || entry->address.lasting) return;
          const auto age = age_of_stamp(entry->updated);
          if (!age) return;
          out[{entry->interface, entry->address.prefix.address}] = {*age, Seconds(entry->valid_for)};
        });
    return done ? out : address::Renewals{};
  }

  // Errors: kUnavailable. The view is replaced only by a whole dump.
  Result<> load() {
    Interfaces fresh;
    const auto links = requests_.dump(
        RTM_GETLINK, AF_UNSPEC, [&] { fresh.clear(); },
        [&](const nlmsghdr& message) {
          if (message.nlmsg_type != RTM_NEWLINK) return;
          if (auto link = read_link(message)) address::put_link(fresh, std::move(*link));
        });
    if (!links) return links;
    const auto addresses = requests_.dump(
        RTM_GETADDR, AF_UNSPEC,
        [&] {
          for (auto& [index, interface] : fresh) interface.addresses.clear();
        },
        [&](const nlmsghdr& message) {
          if (message.nlmsg_type != RTM_NEWADDR) return;
          const auto entry = read_address(message);
          if (entry) address::put_address(fresh, entry->interface, entry->address);
        });
    if (!addresses) return addresses;
    const auto routes = load_routes(fresh);
    if (!routes) return routes;
    interfaces_ = std::move(fresh);
    return Done{};
  }

 private:
  // True if it changed the view.
  bool take_in(const nlmsghdr& message) {
    switch (message.nlmsg_type) {
      case RTM_NEWLINK: {
        auto link = read_link(message);
        return link && !message_is_bridge_port(message) && address::put_link(interfaces_, std::move(*link));
      }
      case RTM_DELLINK: {
        if (message_is_bridge_port(message)) return false;
        const auto link = read_link(message);
        return link && interfaces_.erase(link->index) != 0;
      }
      case RTM_NEWADDR: {
        const auto entry = read_address(message);
        return entry && address::put_address(interfaces_, entry->interface, entry->address);
      }
      case RTM_DELADDR: {
        const auto entry = read_address(message);
        return entry && address::remove_address(interfaces_, entry->interface, entry->address.prefix);
      }
      default:
        return false;
    }
  }

  // Bridges tell of their ports with link messages of family AF_BRIDGE; a DELLINK of these does not mean
  // that the interface is gone.
  static bool message_is_bridge_port(const nlmsghdr& message) {
    return static_cast<const ifinfomsg*>(NLMSG_DATA(&message))->ifi_family == AF_BRIDGE;
  }

  Result<> load_routes(Interfaces& into) {
    for (auto& [index, interface] : into) interface.gateways.clear();
    for (const int family : {AF_INET, AF_INET6}) {
      const auto done = requests_.dump(
          RTM_GETROUTE, family, [] {},
          [&](const nlmsghdr& message) {
            if (message.nlmsg_type != RTM_NEWROUTE) return;
            for (const DefaultRoute& route : read_default_route(message)) {
              const auto interface = into.find(route.interface);
              if (interface != into.end()) interface->second.gateways.push_back(route.gateway);
            }
          });
      if (!done) return done;
    }
    for (auto& [index, interface] : into) {
      auto& gateways = interface.gateways;
      std::sort(gateways.begin(), gateways.end());
      gateways.erase(std::unique(gateways.begin(), gateways.end()), gateways.end());
    }
    return Done{};
  }

  // Events of what a dump has seen already may still wait: they only say it again. If the dump fails, the
  // view is kept and the next update() tries again.
  bool read_everything() {
    const Interfaces before = interfaces_;
    if (!load()) return false;
    lost_ = false;
    return interfaces_ != before;
  }

  bool read_routes(Interfaces& into) {
    Interfaces fresh = into;
    if (!load_routes(fresh)) {
      lost_ = true;
      return false;
    }
    const bool changed = fresh != into;
    into = std::move(fresh);
    return changed;
  }

  sys::Loop& loop_;
  RouteSocket events_;
  RouteSocket requests_;  // dumps, so that their answers never mix with events
  Interfaces interfaces_;
  bool lost_ = false;  // the view may be wrong until the next full dump
  std::optional<sys::ReadWatch> watch_;
};

}  // namespace

Result<std::unique_ptr<Network>> open_network(sys::Loop& loop) {
  auto events = RouteSocket::open(
      {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE});
  if (!events) return events.error();
  auto requests = RouteSocket::open({});
  if (!requests) return requests.error();
  auto network = std::make_unique<RealNetwork>(loop, std::move(*events), std::move(*requests));
  if (const auto loaded = network->load(); !loaded) return loaded.error();
  return std::unique_ptr<Network>(std::move(network));
}

}  // namespace fairlead::kernel
