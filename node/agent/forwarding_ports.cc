#include "node/agent/forwarding_ports.h"

#include <cstdint>
#include <set>
#include <utility>

#include "lib/base/text.h"
#include "node/kernel/capabilities.h"
#include "node/kernel/conntrack.h"
#include "node/kernel/conntrack_servers.h"
#include "node/kernel/host_addresses.h"

namespace fairlead::agent {
namespace {

std::optional<std::int64_t> number_of(const char* sysctl) {
  const auto text = kernel::read_sysctl(sysctl);
  long long value = 0;
  if (!text || !parse_integer(*text, 0, INT64_MAX, value)) return std::nullopt;
  return value;
}

class KernelHost : public Host {
 public:
  api::Capabilities capabilities() override { return kernel::read_capabilities(); }

  std::vector<SysctlMismatch> mismatches(const std::set<kernel::NeededBy>& needs) override {
    std::vector<SysctlMismatch> all;
    if (needs.empty()) return all;
    for (const kernel::Sysctl& sysctl : kernel::wanted_sysctls()) {
      if (!needs.contains(sysctl.needed_by)) continue;
      const auto found = kernel::read_sysctl(sysctl.name);
      // An interface that went away in between, or a setting this kernel does not have any more.
      if (!found && sysctl.optional) continue;
      if (found && *found == sysctl.wanted) continue;
      all.push_back({sysctl.name, sysctl.wanted, found ? *found : ""});
    }
    return all;
  }

  std::optional<ConntrackUse> conntrack_use() override {
    const auto entries = number_of("net.netfilter.nf_conntrack_count");
    const auto limit = number_of("net.netfilter.nf_conntrack_max");
    if (!entries || !limit) return std::nullopt;
    return ConntrackUse{*entries, *limit};
  }

  Result<std::set<net::IpAddress>> addresses() override { return kernel::host_addresses(); }

  Result<> forget_connections(const std::set<plan::VirtualServerKey>& keys) override {
    const auto forgotten = kernel::forget_translated(keys);
    if (!forgotten) return forgotten.error();
    return Done{};
  }

  Result<> forget_servers(const std::set<ipvs::Server>& servers) override {
    const auto forgotten = kernel::forget_servers(servers);
    if (!forgotten) return forgotten.error();
    return Done{};
  }
};

// What an earlier run left would silence VIPs for ever.
class NoFence : public kernel::FenceFilter {
 public:
  Result<> apply(const std::vector<filter::FencedGroup>& groups) override {
    if (const auto removed = kernel::remove_fence_filter(); !removed) return removed.error();
    wanted_ = !groups.empty();
    if (wanted_) return refusal();
    return Done{};
  }
  Result<bool> repair() override {
    if (wanted_) return refusal();
    return false;
  }
  bool stands() override { return false; }

 private:
  static Error refusal() { return fail(Code::kNotFound, "switched off by --no-finer-fence"); }

  bool wanted_ = false;
};

}  // namespace

ForwardingPorts open_forwarding_ports(FinerFence finer_fence, std::function<Microseconds()> idle) {
  std::unique_ptr<kernel::FenceFilter> fence;
  if (finer_fence == FinerFence::kOn) {
    fence = kernel::open_fence_filter(std::move(idle));
  } else {
    fence = std::make_unique<NoFence>();
  }
  return {
      kernel::open_ipvs(), kernel::open_nft(), std::make_unique<KernelHost>(), std::move(fence), nullptr, {}};
}

}  // namespace fairlead::agent
