#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::kernel {

// What of the data path needs a setting.
enum class NeededBy {
  kForwarding,   // all that goes through IPVS
  kNatOverIPv6,  // masqueraded virtual servers of IPv6, besides
};

// One kernel setting that forwarding needs (datapath.md 6).
struct Sysctl {
  std::string name;  // "net.ipv4.ip_forward"; an interface name holding '.' is written with '/'
  std::string wanted;
  std::string why;
  // May be missing: an interface can go away, and old or new kernels lack the setting.
  bool optional = false;
  NeededBy needed_by = NeededBy::kForwarding;
  friend bool operator==(const Sysctl&, const Sysctl&) = default;
};

// Makes this host a router of IPv6, which no longer takes the routes that other routers advertise
// (node/kernel/advertised_routes.h).
inline constexpr const char* kForwardIPv6 = "net.ipv6.conf.all.forwarding";

// The settings of this namespace: the fixed list, and send_redirects of each interface there is now.
std::vector<Sysctl> wanted_sysctls();

// The value without the newline. Errors: kNotFound (module not loaded, or a kernel without it), kDenied.
Result<std::string> read_sysctl(const std::string& name);
// Only prepare-host writes (FN-28). Errors as above.
Result<> write_sysctl(const std::string& name, const std::string& value);

}  // namespace fairlead::kernel
