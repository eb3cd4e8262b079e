#include "node/agent/host_finding.h"

#include <algorithm>

namespace fairlead::agent {

HostFinding worse(HostFinding a, HostFinding b) { return std::max(a, b); }

bool comes_with_ipvs(const std::string& name) {
  return name.starts_with("ip_vs") || name.starts_with("net.ipv4.vs.");
}

std::string why_no_router(const std::set<std::string>& losing) {
  if (losing.empty()) return "";
  std::string which;
  std::string settings;
  for (std::string interface : losing) {
    which += (which.empty() ? "" : ", ") + interface;
    std::replace(interface.begin(), interface.end(), '.', '/');  // as sysctl(8) writes it
    settings += " net.ipv6.conf." + interface + ".accept_ra=2";
  }
  return "left alone, only NAT over IPv6 needs it: " + which +
         " would lose the routes of router advertisements; to have it, first set" + settings;
}

std::string conclusion(HostFinding worst, bool check_only) {
  switch (worst) {
    case HostFinding::kGood:
      return "this host is prepared for NAT forwarding";
    case HostFinding::kNoNatOverIPv6:
      return "WARNING: this host is prepared for forwarding, but for NAT over IPv6: see the rows above";
    case HostFinding::kNoIpvs:
      return "WARNING: this kernel has no IPVS, or its modules are not in /lib/modules here: this host can "
             "hold "
             "VIPs with forwarding: Delegate alone, and for those it is prepared";
    case HostFinding::kBad:
      return check_only ? "this host is not prepared: run fairlead-node prepare-host as root"
                        : "this host could not be prepared; VIPs with forwarding: Delegate work nevertheless";
  }
  return "";
}

bool is_success(HostFinding worst, bool check_only) {
  if (worst == HostFinding::kNoIpvs) return !check_only;
  return worst != HostFinding::kBad;
}

}  // namespace fairlead::agent
