#include "node/agent/forwarding_servers.h"

#include <algorithm>
#include <utility>

namespace fairlead::agent {
namespace {

bool is_direct(const plan::VirtualServerPlan& server) {
  return server.forwarding == api::Forwarding::kDirectRouting;
}

}  // namespace

filter::Route route_of(api::Forwarding forwarding) {
  return forwarding == api::Forwarding::kDirectRouting ? filter::Route::kDirect : filter::Route::kMasqueraded;
}

filter::Passage passage_of(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server) {
  return {route_of(server.forwarding),
          filter::clients_within(server.traffic.source_ranges, key.address.family())};
}

bool is_nat_over_ipv6(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server) {
  return !key.address.is_v4() && !is_direct(server);
}

void ForwardingServers::order(Servers servers) {
  ordered_ = std::move(servers);
  sort_out();
}

bool ForwardingServers::host(const std::set<net::IpAddress>& addresses) {
  host_ = addresses;
  const auto before = looping_;
  sort_out();
  return looping_ != before;
}

bool ForwardingServers::asks_for_host() const {
  return std::any_of(ordered_.begin(), ordered_.end(), [](const auto& one) { return is_direct(one.second); });
}

void ForwardingServers::sort_out() {
  wanted_.clear();
  looping_.clear();
  for (const auto& [key, server] : ordered_) {
    const auto own = std::find_if(server.reals.begin(), server.reals.end(), [&](const auto& real) {
      return real.first.address.is_loopback() || host_.contains(real.first.address);
    });
    if (is_direct(server) && own != server.reals.end())
      looping_.emplace(key, own->first);
    else
      wanted_.insert({key, server});
  }
  std::erase_if(served_, [&](const auto& one) { return !wanted_.contains(one.first); });
  std::erase_if(healths_, [&](const auto& one) { return !wanted_.contains(one.first); });
}

void ForwardingServers::health(const Checks& checks) {
  for (const auto& [key, server] : wanted_) judge(key, server, checks);
}

void ForwardingServers::health(const std::set<plan::VirtualServerKey>& keys, const Checks& checks) {
  for (const auto& key : keys) {
    const auto found = wanted_.find(key);
    if (found != wanted_.end()) judge(key, found->second, checks);
  }
}

void ForwardingServers::judge(const plan::VirtualServerKey& key, const plan::VirtualServerPlan& server,
                              const Checks& checks) {
  auto healths = health::healths_of(server, checks);
  if (healths.empty()) {
    healths_.erase(key);
    // To compare is quicker than to copy, and most are as they were.
    const auto before = served_.find(key);
    if (before == served_.end() || !(before->second == server)) served_.insert_or_assign(key, server);
    return;
  }
  served_.insert_or_assign(key, health::served(server, healths));
  healths_.insert_or_assign(key, std::move(healths));
}

std::set<kernel::NeededBy> ForwardingServers::needs() const {
  std::set<kernel::NeededBy> all;
  for (const auto& [key, server] : wanted_) {
    all.insert(kernel::NeededBy::kForwarding);
    if (is_nat_over_ipv6(key, server)) all.insert(kernel::NeededBy::kNatOverIPv6);
  }
  return all;
}

std::map<plan::VirtualServerKey, std::set<net::Endpoint>> ForwardingServers::taken_out() const {
  std::map<plan::VirtualServerKey, std::set<net::Endpoint>> out;
  for (const auto& [key, left] : served_) {
    const auto& all = wanted_.at(key).reals;
    if (all.size() == left.reals.size()) continue;
    for (const auto& [endpoint, real] : all) {
      if (!left.reals.contains(endpoint)) out[key].insert(endpoint);
    }
  }
  return out;
}

std::optional<filter::Route> ForwardingServers::route(const net::IpAddress& vip) const {
  const auto first = wanted_.lower_bound({vip, net::Protocol::kTcp, net::Port(0)});
  if (first == wanted_.end() || first->first.address != vip) return std::nullopt;
  return route_of(first->second.forwarding);
}

}  // namespace fairlead::agent
