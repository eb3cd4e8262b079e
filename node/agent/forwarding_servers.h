#pragma once

#include <map>
#include <optional>
#include <set>

#include "lib/net/address.h"
#include "lib/net/endpoint.h"
#include "node/filter/guard.h"
#include "node/health/real_servers.h"
#include "node/kernel/sysctl.h"
#include "node/plan/plan.h"

namespace fairlead::agent {

// The virtual servers of the newest order: which of them this node carries out, and what their health checks
// leave of their real servers. A value without clocks or sockets.
class ForwardingServers {
 public:
  using Servers = std::map<plan::VirtualServerKey, plan::VirtualServerPlan>;
  using Checks = std::map<health::CheckKey, health::Check>;

  // The newest order. Nothing is served of it before health(checks).
  void order(Servers servers);
  // The addresses of this host without its VIPs. True if other virtual servers are carried out now.
  bool host(const std::set<net::IpAddress>& addresses);
  // True if that depends on the host's addresses.
  bool asks_for_host() const;
  // What the checks say, to all of wanted() or to `keys` of it.
  void health(const Checks& checks);
  void health(const std::set<plan::VirtualServerKey>& keys, const Checks& checks);

  // Those that are carried out, as ordered.
  const Servers& wanted() const { return wanted_; }
  // The same, with what health left: what IPVS shall hold.
  const Servers& served() const { return served_; }
  // The real servers of wanted() that served() lacks: their checks took them out (onUnhealthy Remove).
  std::map<plan::VirtualServerKey, std::set<net::Endpoint>> taken_out() const;
  // What the checks say of the real servers of wanted() that are checked.
  const std::map<plan::VirtualServerKey, health::Healths>& healths() const { return healths_; }
  // Ordered, but set aside: DirectRouting to this very host, by the real server that is its. Another member
  // would hand it packets that its own IPVS sends round again (datapath.md 3, W5).
  const std::map<plan::VirtualServerKey, net::Endpoint>& looping() const { return looping_; }
  // What carrying them out needs of the host's settings.
  std::set<kernel::NeededBy> needs() const;

  // The guard's route for a VIP of wanted(); nullopt if it has none.
  std::optional<filter::Route> route(const net::IpAddress& vip) const;

 private:
  void sort_out();
  void judge(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server, const Checks& checks);

  Servers ordered_;
  std::set<net::IpAddress> host_;
  Servers wanted_;
  Servers served_;
  std::map<plan::VirtualServerKey, health::Healths> healths_;
  std::map<plan::VirtualServerKey, net::Endpoint> looping_;
};

filter::Route route_of(api::Forwarding forwarding);
// How the guard has to let a virtual server of that key's family pass.
filter::Passage passage_of(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server);
// True if its replies have to be forwarded by this host as IPv6.
bool is_nat_over_ipv6(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server);

}  // namespace fairlead::agent
