#include "controller/plan/eligible.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "controller/plan/node_signals.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr std::size_t kMostNamed = 5;  // nodes of one reason in an explanation

std::optional<Ineligible> signal_against(const api::Node& node, const Settings& settings) {
  if (!node.ready) return Ineligible::kNotReady;
  const auto signal = signal_of(node, settings);
  if (!signal) return std::nullopt;
  switch (*signal) {
    case Signal::kOutOfService:
      return Ineligible::kOutOfService;
    case Signal::kExcluded:
      return Ineligible::kExcluded;
    case Signal::kNetworkUnavailable:
      return Ineligible::kNetworkUnavailable;
    case Signal::kCordoned:
      return Ineligible::kCordoned;
  }
  return std::nullopt;
}

bool is_up(const api::NodeReport& report, const std::string& interface) {
  return std::any_of(report.spec.interfaces.begin(), report.spec.interfaces.end(),
                     [&](const auto& reported) { return reported.name == interface && reported.up; });
}

bool has_labels(const Demand& demand, const api::Node& node) {
  return api::matches(demand.node_selector, node.meta.labels);
}

bool is_local(const Demand& demand, const api::Node& node) {
  return !demand.local_nodes || waits_for_endpoints(demand) || demand.local_nodes->contains(node.meta.name);
}

bool is_recent(const Inputs& inputs, TimePoint since) { return inputs.now - since < kReadyBeforeItsPods; }

// Though Pods of it are to be there.
bool may_lack_pods(const Inputs& inputs, const api::Node& node) {
  const auto& memory = inputs.memory;
  const auto known = memory.recovering.find(node.meta.name);
  const bool recovering =
      known != memory.recovering.end() && (!known->second || is_recent(inputs, *known->second));
  return !node.ready || recovering || has_just_begun(inputs);
}

std::variant<Site, Ineligible> judge(const Inputs& inputs, const api::Node& node, const Demand& demand) {
  if (const auto why = signal_against(node, inputs.settings)) return *why;
  if (!has_labels(demand, node)) return Ineligible::kNotSelected;
  if (!is_local(demand, node)) return Ineligible::kNoLocalEndpoint;
  const auto* report = find(inputs.node_reports, cluster_key(node.meta.name));
  if (report == nullptr) return Ineligible::kNoReport;
  const auto site = site_of(*report, demand.address, demand.interface);
  if (!site) return Ineligible::kNoInterface;
  if (!is_up(*report, site->interface)) return Ineligible::kInterfaceDown;
  if (demand.forwards && !report->spec.capabilities.ipvs) return Ineligible::kNoIpvs;
  return *site;
}

std::string text_of(Ineligible why, const std::string& interface) {
  switch (why) {
    case Ineligible::kNotReady:
      return "the node is not Ready";
    case Ineligible::kNetworkUnavailable:
      return "its condition NetworkUnavailable is True";
    case Ineligible::kExcluded:
      return "it is excluded from external load balancers by label";
    case Ineligible::kOutOfService:
      return "a taint takes it out of service";
    case Ineligible::kCordoned:
      return "it is cordoned";
    case Ineligible::kNotSelected:
      return "nodeSelector, the pool's or the VirtualIP's, does not select it";
    case Ineligible::kNoLocalEndpoint:
      return "no endpoint of the Service is ready there (externalTrafficPolicy: Local)";
    case Ineligible::kNoReport:
      return "no NodeReport, is fairlead-node running there?";
    case Ineligible::kNoInterface:
      return interface.empty()
                 ? "no interface has a prefix that covers the address"
                 : "no interface " + interface + " (the pool's) with a prefix that covers the address";
    case Ineligible::kInterfaceDown:
      return "its interface is down";
    case Ineligible::kNoIpvs:
      return "its kernel has no IPVS";
  }
  return "unknown";
}

}  // namespace

bool has_just_begun(const Inputs& inputs) {
  return inputs.memory.begun && is_recent(inputs, *inputs.memory.begun);
}

bool waits_for_endpoints(const Demand& demand) { return demand.local_nodes && demand.local_nodes->empty(); }

std::optional<Site> site_of(const api::NodeReport& report, const net::IpAddress& address,
                            const std::string& interface) {
  std::optional<Site> best;
  for (const auto& reported : report.spec.interfaces) {
    if (!interface.empty() && reported.name != interface) continue;
    for (const auto& prefix : reported.addresses) {
      if (!prefix.contains(address)) continue;
      const Site site{reported.name, prefix.network()};
      const bool better = !best || site.network.length > best->network.length ||
                          (site.network.length == best->network.length && site < *best);
      if (better) best = site;
    }
  }
  return best;
}

Candidates candidates(const Inputs& inputs, const Demand& demand) {
  Candidates out;
  for (const auto& [key, node] : inputs.nodes) {
    const auto verdict = judge(inputs, node, demand);
    if (const auto* site = std::get_if<Site>(&verdict)) {
      out.eligible.insert({key.name, *site});
    } else {
      out.others.insert({key.name, std::get<Ineligible>(verdict)});
    }
  }
  return out;
}

bool selects(const Inputs& inputs, const Demand& demand, const api::Node& node) {
  return has_labels(demand, node) && (is_local(demand, node) || may_lack_pods(inputs, node));
}

std::set<std::string> selected(const Inputs& inputs, const Demand& demand) {
  std::set<std::string> out;
  for (const auto& [key, node] : inputs.nodes) {
    if (selects(inputs, demand, node)) out.insert(key.name);
  }
  return out;
}

std::string explain(const Candidates& candidates, const Demand& demand) {
  if (candidates.others.empty() && candidates.eligible.empty()) return "the cluster has no nodes";
  std::map<Ineligible, std::vector<std::string>> nodes_by_reason;
  for (const auto& [node, why] : candidates.others) nodes_by_reason[why].push_back(node);
  std::vector<std::string> parts;
  for (auto& [why, nodes] : nodes_by_reason) {
    const std::size_t unnamed = nodes.size() - std::min(nodes.size(), kMostNamed);
    nodes.resize(nodes.size() - unnamed);
    const std::string more = unnamed == 0 ? "" : " and " + std::to_string(unnamed) + " more";
    parts.push_back(join(nodes, ", ") + more + ": " + text_of(why, demand.interface));
  }
  return join(parts, "; ");
}

}  // namespace fairlead::controller
