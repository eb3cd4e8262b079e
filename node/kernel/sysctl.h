#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::kernel {

// One kernel setting that NAT forwarding needs (datapath.md 6).
struct Sysctl {
  std::string name;  // "net.ipv4.ip_forward"; an interface name holding '.' is written with '/'
  std::string wanted;
  std::string why;
  // May be missing: an interface can go away, and old or new kernels lack the setting.
  bool optional = false;
  friend bool operator==(const Sysctl&, const Sysctl&) = default;
};

// The settings of this namespace: the fixed list, and send_redirects of each interface there is now.
std::vector<Sysctl> wanted_sysctls();

// The value without the newline. Errors: kNotFound (module not loaded, or a kernel without it), kDenied.
Result<std::string> read_sysctl(const std::string& name);
// Only prepare-host writes (FN-28). Errors as above.
Result<> write_sysctl(const std::string& name, const std::string& value);

}  // namespace fairlead::kernel
