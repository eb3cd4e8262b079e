#include "node/kernel/capabilities.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "lib/api/virtual_ip.h"
#include "node/kernel/modules.h"

namespace fairlead::kernel {
namespace {

bool available(const std::string& module) { return module_state(module) != ModuleState::kMissing; }

// A kernel with IPVS built in, seen from a container without /lib/modules.
bool exists(const char* path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

}  // namespace

api::Capabilities read_capabilities() {
  api::Capabilities found;
  utsname system{};
  if (::uname(&system) == 0) found.kernel = system.release;
  found.nft = ::access("/usr/sbin/nft", X_OK) == 0;
  found.ipvs = available("ip_vs") || exists("/proc/net/ip_vs") || exists("/proc/sys/net/ipv4/vs");
  if (!found.ipvs) return found;
  using S = api::Scheduler;
  for (const S one : {S::kRr, S::kWrr, S::kLc, S::kWlc, S::kSed, S::kNq, S::kSh, S::kMh, S::kDh, S::kLblc,
                      S::kLblcr, S::kFo, S::kOvf, S::kTwos}) {
    const std::string name(api::to_string(one));
    if (available("ip_vs_" + name)) found.schedulers.push_back(name);
  }
  return found;
}

}  // namespace fairlead::kernel
