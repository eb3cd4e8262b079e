#include "controller/plan/validate.h"

#include <algorithm>

#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

Refusal reserved_by(const net::IpAddress& address, const std::string& whose) {
  return {Reason::kReservedAddress, net::to_string(address) + " is " + whose + ", ask for another"};
}

bool lists(const std::vector<std::string>& addresses, const std::string& text) {
  return std::find(addresses.begin(), addresses.end(), text) != addresses.end();
}

std::optional<Refusal> reserved_by_node(const api::Node& node, const net::IpAddress& address) {
  if (lists(node.internal_ips, net::to_string(address))) {
    return reserved_by(address, "the address of node " + node.meta.name);
  }
  for (const auto& text : node.pod_cidrs) {
    const auto range = net::parse_prefix(text);
    if (range && range->contains(address)) {
      return reserved_by(address, "in the Pod range " + text + " of node " + node.meta.name);
    }
  }
  return std::nullopt;
}

std::optional<Refusal> reserved_by_report(const api::NodeReport& report, const net::IpAddress& address) {
  for (const auto& interface : report.spec.interfaces) {
    for (const auto& prefix : interface.addresses) {
      if (prefix.address == address) {
        return reserved_by(address, "the address of " + interface.name + " on node " + report.meta.name);
      }
    }
    if (std::find(interface.gateways.begin(), interface.gateways.end(), address) !=
        interface.gateways.end()) {
      return reserved_by(address, "a gateway of node " + report.meta.name);
    }
  }
  return std::nullopt;
}

bool has_address(const api::NodeReport& report, const net::IpAddress& address) {
  return std::any_of(report.spec.interfaces.begin(), report.spec.interfaces.end(),
                     [&](const auto& interface) {
                       return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                          [&](const auto& prefix) { return prefix.address == address; });
                     });
}

// The node whose address this is, or "".
std::string node_of(const Inputs& inputs, const net::IpAddress& address) {
  for (const auto& [key, node] : inputs.nodes) {
    if (lists(node.internal_ips, net::to_string(address))) return node.meta.name;
  }
  for (const auto& [key, report] : inputs.node_reports) {
    if (has_address(report, address)) return report.meta.name;
  }
  return "";
}

// A node may be a member, and a member that is a real server too sends its packets round (datapath.md 3, W5).
std::optional<Refusal> direct_to_node(const Inputs& inputs, const api::VirtualIPSpec& spec) {
  if (spec.forwarding != api::Forwarding::kDirectRouting) return std::nullopt;
  for (const auto& server : spec.servers) {
    const std::string node = node_of(inputs, server.address);
    if (node.empty()) continue;
    return Refusal{
        Reason::kNotYetSupported,
        "spec.servers: " + net::to_string(server.address) + " is node " + node +
            ", and DirectRouting to nodes of the cluster is not supported yet: use NAT, or machines"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> reserved(const Inputs& inputs, const net::IpAddress& address) {
  for (const auto& server : inputs.settings.api_servers) {
    if (server == address) return reserved_by(address, "the API server's");
  }
  for (const auto& [key, node] : inputs.nodes) {
    if (auto refusal = reserved_by_node(node, address)) return refusal;
  }
  for (const auto& [key, report] : inputs.node_reports) {
    if (auto refusal = reserved_by_report(report, address)) return refusal;
  }
  for (const auto& [key, service] : inputs.services) {
    if (lists(service.cluster_ips, net::to_string(address))) {
      return reserved_by(address, "the cluster IP of Service " + api::to_string(key));
    }
  }
  return std::nullopt;
}

Judgement judge(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                const std::map<net::IpAddress, Holding>& held, const api::VirtualIP& virtual_ip) {
  const auto& spec = virtual_ip.spec;
  if (!spec.not_yet_supported.empty()) {
    return {Refusal{Reason::kNotYetSupported,
                    "not supported yet, set it back to its default: " + join(spec.not_yet_supported, ", ")},
            {},
            false};
  }
  if (spec.addresses.empty()) {
    return {Refusal{Reason::kNotYetSupported,
                    "spec.addresses: allocation is not supported yet, ask for an address of a pool"},
            {},
            false};
  }
  if (auto refusal = direct_to_node(inputs, spec)) return {std::move(refusal), {}, false};
  Judgement out;
  for (const auto& address : spec.addresses) {
    const auto holding = held.find(address);
    const bool ours = holding != held.end() && holding->second.owner.uid == virtual_ip.meta.uid;
    if (!ours) {
      if (auto refusal = reserved(inputs, address)) return {std::move(refusal), {}, false};
    }
    PoolChoice choice = pool_for(inputs, refused, address, spec.pool);
    if (choice.refusal && !ours) return {std::move(choice.refusal), {}, false};
    out.pool_removed = out.pool_removed || choice.refusal.has_value();
    out.wishes.push_back({api::key_of(virtual_ip.meta), virtual_ip.meta.uid, address, choice.pool});
  }
  return out;
}

}  // namespace fairlead::controller
