#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/api/virtual_ip.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "node/agent/forwarding_drains.h"
#include "node/ipvs/changes.h"
#include "node/kernel/ipvs.h"
#include "node/plan/plan.h"

namespace fairlead::agent {

// What the IPVS table shall hold, and what of it may be touched now.
struct TableOrder {
  std::map<ipvs::Key, plan::VirtualServerPlan> servers;
  std::set<net::IpAddress> still_held;  // VIPs that leave: their services stay
  std::set<ipvs::Key> paused;           // not to be changed now: no guard yet, or backing off
  // Real servers of the plan that `servers` lacks: taken out by their checks, they go without a drain.
  std::map<ipvs::Key, std::set<net::Endpoint>> taken_out{};
  TimePoint now{};
};

// What one pass did. Which services fail or are somebody else's is asked of the table.
struct TablePass {
  std::vector<ipvs::Change> done;  // accepted by the kernel, in their order
  Departures departures{};
};

// Our part of the kernel's IPVS table: reads it, compares, and carries out the changes. Remembers which
// services are ours; never touches others (FN-34, I-6). Real servers that leave a virtual server that stays
// are drained (node/ipvs/drain.h); with the virtual server, or its VIP, they go at once.
class ForwardingTable {
 public:
  explicit ForwardingTable(kernel::Ipvs& ipvs) : ipvs_(ipvs) {}

  // These services are of an earlier run.
  void claim(const std::set<ipvs::Key>& owned) { ours_.insert(owned.begin(), owned.end()); }
  // The kernel has no IPVS, so no services of ours.
  void forget_everything();
  // A scheduler that was missing may have been loaded since.
  void forget_missing_schedulers() { missing_.clear(); }
  // The virtual servers with a drained server whose deadline has come: a pass should look at them.
  std::set<ipvs::Key> due(TimePoint now) const { return drains_.due(now); }
  // How many real servers stay for their connections alone.
  std::size_t draining() const { return drains_.leaving(); }

  // The wanted services that exist now and are not ours. Errors: as Ipvs::services.
  Result<std::set<ipvs::Key>> find_foreign(const std::map<ipvs::Key, plan::VirtualServerPlan>& servers);
  // The destinations of those of `keys` that are ours which get new connections now (weight over 0). What
  // cannot be read counts as none.
  std::map<ipvs::Key, std::set<net::Endpoint>> in_service(const std::set<ipvs::Key>& keys);
  // Makes the table hold `order`. Services are all compared, destinations only of `look_at`. Reads the
  // table again after each surprise, three times at most. Errors: as Ipvs::services; nothing was changed.
  Result<TablePass> pass(const TableOrder& order, const std::set<ipvs::Key>& look_at);

  // Ours, in the kernel or (claimed) perhaps in the kernel.
  const std::set<ipvs::Key>& ours() const { return ours_; }
  // Ours and in the kernel, as of the last pass.
  const std::set<ipvs::Key>& present() const { return present_; }
  const std::set<ipvs::Key>& foreign() const { return foreign_; }
  // Services that are not as wanted, and why.
  const std::map<ipvs::Key, std::string>& failed() const { return failed_; }
  // Destinations that the kernel refuses, and why.
  const std::map<ipvs::Key, std::map<net::Endpoint, std::string>>& refused() const { return refused_; }
  const std::set<api::Scheduler>& missing_schedulers() const { return missing_; }

 private:
  // Adds to `desired` the servers that stay to be drained.
  Result<ipvs::Table> read(const TableOrder& order, const std::set<ipvs::Key>& look_at, ipvs::Table& desired,
                           TablePass& pass);
  Result<> confirm_absent(ipvs::Table& actual);
  // Both return true if the table has to be read again.
  bool carry_out(const TableOrder& order, const ipvs::Decision& decision, TablePass& pass);
  bool add_services(const TableOrder& order, std::vector<ipvs::Change>& changes, TablePass& pass);
  bool service_failed(const TableOrder& order, const ipvs::Key& key, const Error& error);
  bool change_failed(const TableOrder& order, const ipvs::Change& change, const Error& error);
  void note_done(const ipvs::Change& change, TablePass& pass);

  kernel::Ipvs& ipvs_;
  std::set<ipvs::Key> ours_;
  std::set<ipvs::Key> present_;
  std::set<ipvs::Key> foreign_;
  std::map<ipvs::Key, std::string> failed_;
  std::map<ipvs::Key, std::map<net::Endpoint, std::string>> refused_;
  std::set<api::Scheduler> missing_;
  ForwardingDrains drains_;
};

}  // namespace fairlead::agent
