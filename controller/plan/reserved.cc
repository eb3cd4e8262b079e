#include "controller/plan/reserved.h"

#include <algorithm>

namespace fairlead::controller {
namespace {

struct Special {
  const char* prefix;
  const char* what;
};
constexpr Special kSpecial[] = {{"0.0.0.0/32", "no address"},
                                {"127.0.0.0/8", "a loopback address"},
                                {"224.0.0.0/4", "a multicast address"},
                                {"255.255.255.255/32", "the broadcast address"},
                                {"::/128", "no address"},
                                {"::1/128", "a loopback address"},
                                {"::ffff:0.0.0.0/96", "IPv4 in IPv6"},
                                {"ff00::/8", "a multicast address"}};

}  // namespace

ReservedAddresses::ReservedAddresses(const Inputs& inputs) {
  for (const auto& [prefix, what] : kSpecial) add(prefix, what);
  for (const auto& server : inputs.settings.api_servers) add(server, "the API server's");
  for (const auto& [key, node] : inputs.nodes) add_node(node);
  for (const auto& [key, report] : inputs.node_reports) add_report(report);
  for (const auto& [key, service] : inputs.services) {
    for (const auto& text : service.cluster_ips) {
      const auto address = net::parse_address(text);  // "None" for a headless one
      if (address) add(*address, "the cluster IP of Service " + api::to_string(key));
    }
  }
}

void ReservedAddresses::add(const net::IpAddress& address, const std::string& whose) {
  single_.insert({address, whose});
}

void ReservedAddresses::add(const std::string& prefix, const std::string& whose) {
  const auto range = net::parse_prefix(prefix);
  if (!range) return;
  ranges_.insert({range->network(), whose});
  lengths_.insert({range->address.family(), range->length});
}

void ReservedAddresses::add_node(const api::Node& node) {
  for (const auto& text : node.internal_ips) {
    const auto address = net::parse_address(text);
    if (address) add(*address, "the address of node " + node.meta.name);
  }
  for (const auto& text : node.pod_cidrs)
    add(text, "in the Pod range " + text + " of node " + node.meta.name);
}

void ReservedAddresses::add_report(const api::NodeReport& report) {
  for (const auto& interface : report.spec.interfaces) {
    for (const auto& prefix : interface.addresses) {
      add(prefix.address, "the address of " + interface.name + " on node " + report.meta.name);
    }
    for (const auto& gateway : interface.gateways) add(gateway, "a gateway of node " + report.meta.name);
  }
}

std::optional<ReservedAddresses::Whose> ReservedAddresses::find(const net::IpAddress& address) const {
  if (const auto one = single_.find(address); one != single_.end()) {
    return Whose{one->second, {address, address.bits()}};
  }
  for (const auto& [family, length] : lengths_) {
    if (family != address.family()) continue;
    const auto range = ranges_.find(net::Prefix{address, length}.network());
    if (range != ranges_.end()) return Whose{range->second, range->first};
  }
  return std::nullopt;
}

std::vector<net::AddressRange> ReservedAddresses::rest_of(const net::AddressRange& range) const {
  std::vector<net::AddressRange> taken;
  for (auto one = single_.lower_bound(range.first); one != single_.end() && one->first <= range.last; ++one) {
    taken.push_back({one->first, one->first});
  }
  for (const auto& [prefix, whose] : ranges_) {
    const net::AddressRange all{prefix.first(), prefix.last()};
    if (all.first.family() == range.first.family() && all.overlaps(range)) taken.push_back(all);
  }
  std::sort(taken.begin(), taken.end());
  std::vector<net::AddressRange> out;
  net::AddressRange left = range;
  for (const auto& each : taken) {
    if (each.last < left.first) continue;
    if (left.first < each.first) {
      net::IpAddress before = each.first;
      before.decrement();
      out.push_back({left.first, before});
    }
    if (each.last >= left.last) return out;
    left.first = each.last;
    left.first.increment();
  }
  out.push_back(left);
  return out;
}

std::optional<Refusal> refuse_reserved(const ReservedAddresses& reserved, const net::IpAddress& address) {
  const auto whose = reserved.find(address);
  if (!whose) return std::nullopt;
  return Refusal{Reason::kReservedAddress,
                 net::to_string(address) + " is " + whose->text + ", ask for another"};
}

}  // namespace fairlead::controller
