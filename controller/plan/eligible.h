#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

// Which nodes may hold an address (api.md, "Who is a member"; kubernetes.md 6, signals).
namespace fairlead::controller {

// Where an address sits on a node: the interface, and its prefix that covers the address.
struct Site {
  std::string interface;
  net::Prefix network;
  friend auto operator<=>(const Site&, const Site&) = default;
};

// What is asked of a node that is to hold an address.
struct Demand {
  net::IpAddress address;
  std::string interface;                       // the pool's; empty: any whose prefix covers the address
  api::LabelSelector node_selector;            // the pool's and the VirtualIP's together
  bool forwards = false;                       // Fairlead forwards (not Delegate): IPVS is needed
  std::vector<std::string> preferred_nodes{};  // of the VirtualIP, the first before the second
  // externalTrafficPolicy: Local: the nodes with an endpoint (footing.h). Empty: there is none anywhere, and
  // any node will do. Absent: Cluster.
  std::optional<std::set<std::string>> local_nodes{};
};

// True where Local is asked for and there is no endpoint: a group that exists keeps the members that it has.
bool waits_for_endpoints(const Demand& demand);

// Why a node may not join. The first that applies, in this order.
enum class Ineligible {
  kNotReady,      // condition Ready is not True
  kOutOfService,  // these four: node_signals.h
  kExcluded,
  kNetworkUnavailable,
  kCordoned,
  kNotSelected,      // nodeSelector, the pool's or the VirtualIP's
  kNoLocalEndpoint,  // externalTrafficPolicy: Local
  kNoReport,         // no NodeReport: no daemon runs there
  kNoInterface,      // no interface (of the pool's name) with a prefix that covers the address
  kInterfaceDown,
  kNoIpvs,
};

struct Candidates {
  std::map<std::string, Site> eligible;  // node name -> where
  std::map<std::string, Ineligible> others;
};
Candidates candidates(const Inputs& inputs, const Demand& demand);

// For so long after a node became Ready its Pods may not be yet, as after a restart of its kubelet.
inline constexpr Seconds kReadyBeforeItsPods{30};

// True for that long after this controller began to look, be it anew or as the new leader: it knows nothing
// of what was before. A round follows at the end (patience.h).
bool has_just_begun(const Inputs& inputs);

// True if the node has the labels that are asked for and, where that is, an endpoint. Of a node that is not
// Ready the control plane guesses that its endpoints are not: that is not held against it, nor before its
// Pods had time to become Ready after it, nor so soon after this controller began to look, which knows
// nothing of what was before.
bool selects(const Inputs& inputs, const Demand& demand, const api::Node& node);
// The nodes of which that is true.
std::set<std::string> selected(const Inputs& inputs, const Demand& demand);

// Where the address sits on the node of this report, carrier or not. Of several prefixes the longest, then
// the first interface by name.
std::optional<Site> site_of(const api::NodeReport& report, const net::IpAddress& address,
                            const std::string& interface);

// "node-a: its interface is down; node-b, node-c: it is cordoned": for conditions. By reason, at most five
// nodes of each by name, then "and 12 more": a condition's message is bounded, a cluster is not.
std::string explain(const Candidates& candidates, const Demand& demand);

}  // namespace fairlead::controller
