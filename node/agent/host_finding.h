#pragma once

#include <set>
#include <string>

namespace fairlead::agent {

// What prepare-host finds of one module or sysctl, and in the end of the host: the worst of all. Pure.
enum class HostFinding {
  kGood,
  kNoNatOverIPv6,  // only that would need what is missing
  kNoIpvs,         // this kernel has no IPVS: VIPs with forwarding: Delegate work without it
  kBad,            // anything else that is missing, refused or wrong
};
HostFinding worse(HostFinding a, HostFinding b);

// True of what comes with IPVS and is absent where that is: its modules and sysctls.
bool comes_with_ipvs(const std::string& name);

// Why this host is not made a router of IPv6 as it is: these interfaces would lose the routes that they have
// by router advertisement, the default route among them, and perhaps the host its network. Empty: no reason.
std::string why_no_router(const std::set<std::string>& losing);

// The last line of the table: what this host is good for.
std::string conclusion(HostFinding worst, bool check_only);

// The exit code is 0. NAT over IPv6 alone is missed by nobody who does not use it; who does is told by the
// daemon (HostNotPrepared). The init container of a node without IPVS ends well, for its daemon is to run and
// tell of it (NodeReport, capabilities.ipvs); --check says whether the host is prepared for NAT.
bool is_success(HostFinding worst, bool check_only);

}  // namespace fairlead::agent
