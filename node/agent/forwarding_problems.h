#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/meta.h"
#include "lib/base/result.h"
#include "node/agent/forwarding_ports.h"
#include "node/agent/messages.h"

namespace fairlead::agent {

// Everything that keeps this node from forwarding as ordered.
struct ForwardingFaults {
  std::optional<Error> table;                               // IPVS cannot be read
  std::optional<Error> guard;                               // nft refuses, or is not there
  std::set<plan::VirtualServerKey> foreign;                 // FN-34
  std::set<plan::VirtualServerKey> fought_over;             // FN-08
  std::map<plan::VirtualServerKey, net::Endpoint> looping;  // DirectRouting to this very host
  std::map<plan::VirtualServerKey, std::string> failed;     // service, why
  std::map<plan::VirtualServerKey, std::map<net::Endpoint, std::string>> refused;  // servers, why
  std::map<health::CheckKey, std::string> not_tried;  // checks that this host cannot make, and why
  std::set<api::Scheduler> missing_schedulers;        // in use, wlc in their place
  std::vector<SysctlMismatch> mismatches;             // FN-28
  std::map<std::string, int> turned_back;             // how often settings were right and wrong again
  std::optional<ConntrackUse> full_conntrack;         // FN-09: nearly full
};

// One condition for each reason, in a fixed order, status True; the message names what and what to do.
// Without times. Types and reasons: kubernetes.md 6, api.md, and for what they do not know Degraded with
// IPVSUnavailable, GuardUnavailable, ModuleMissing, ForeignService, NotYetSupported, ServiceRefused,
// ServerRefused, HealthCheckNotTried, ConntrackNearlyFull.
std::vector<api::Condition> conditions_of(const ForwardingFaults& faults);
// How many things each of these conditions is about, by its reason.
std::map<std::string, std::size_t> problem_counts(const ForwardingFaults& faults);

}  // namespace fairlead::agent
