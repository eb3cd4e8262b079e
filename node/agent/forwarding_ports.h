#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/node_report.h"
#include "node/kernel/fence_filter.h"
#include "node/kernel/ipvs.h"
#include "node/kernel/nft.h"
#include "node/kernel/sysctl.h"
#include "node/probe/prober.h"

namespace fairlead::agent {

// One kernel setting that is not as forwarding needs it. `found` is empty if there is no such setting.
struct SysctlMismatch {
  std::string name;
  std::string wanted;
  std::string found;
  friend bool operator==(const SysctlMismatch&, const SysctlMismatch&) = default;
};

// Connections that this network namespace tracks.
struct ConntrackUse {
  std::int64_t entries = 0;
  std::int64_t limit = 0;  // 0: none
  friend bool operator==(const ConntrackUse&, const ConntrackUse&) = default;
};

// What the forwarding thread sees of the host besides its tables.
class Host {
 public:
  virtual ~Host() = default;
  virtual api::Capabilities capabilities() = 0;
  // Of what `needs` need; none without needs.
  virtual std::vector<SysctlMismatch> mismatches(const std::set<kernel::NeededBy>& needs) = 0;
  // nullopt: nothing is tracked here.
  virtual std::optional<ConntrackUse> conntrack_use() = 0;
  // Every address on an interface here, VIPs included.
  virtual Result<std::set<net::IpAddress>> addresses() = 0;
  // Forgets translations that others made of connections to these virtual servers (kube-proxy's DNAT),
  // which would win over IPVS for as long as they live (datapath.md 5). Errors:
  // as forget_servers().
  virtual Result<> forget_connections(const std::set<plan::VirtualServerKey>& keys) = 0;
  // Forgets translations of UDP to these real servers, which IPVS has no more (datapath.md 5). Errors:
  // kNotFound (nothing is tracked here), others: some may be left.
  virtual Result<> forget_servers(const std::set<ipvs::Server>& servers) = 0;
};

// The doors to the kernel; all used on the forwarding thread only.
struct ForwardingPorts {
  std::unique_ptr<kernel::Ipvs> ipvs;
  std::unique_ptr<kernel::Nft> nft;
  std::unique_ptr<Host> host;
  std::unique_ptr<kernel::FenceFilter> fence;
  std::unique_ptr<probe::Prober> prober;  // of the forwarding thread's loop
  // May be empty. Called after each step of a turn that may have waited for the kernel: the loop still moves.
  std::function<void()> moved;
};

enum class FinerFence { kOn, kOff };

// Those of the calling thread's network namespace, but for the prober, which is the loop's. With the finer
// fence off its table is removed, and every group refused. `idle`: for how long the vrrp
// thread has been, as filter::reopened_for() takes it; called on the forwarding thread, and not at all with
// the fence off.
ForwardingPorts open_forwarding_ports(FinerFence finer_fence, std::function<Microseconds()> idle);

}  // namespace fairlead::agent
