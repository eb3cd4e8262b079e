#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/virtual_ip.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "node/agent/forwarding_drains.h"
#include "node/ipvs/changes.h"
#include "node/ipvs/pending.h"
#include "node/kernel/ipvs.h"
#include "node/plan/plan.h"

namespace fairlead::agent {

// What the IPVS table shall hold, and what of it may be touched now. For one call: `servers` are the
// caller's, as there may be 100,000 real servers behind them.
struct TableOrder {
  const std::map<ipvs::Key, plan::VirtualServerPlan>& servers;
  std::set<net::IpAddress> still_held{};  // VIPs that leave: their services stay
  std::set<ipvs::Key> paused{};           // not to be changed now: no guard yet, or backing off
  // Real servers of the plan that `servers` lacks: taken out by their checks, they go without a drain.
  std::map<ipvs::Key, std::set<net::Endpoint>> taken_out{};
  TimePoint now{};
};

// What one pass did. Which services fail or are somebody else's is asked of the table.
struct TablePass {
  std::vector<ipvs::Change> done;  // accepted by the kernel, in their order
  // Of these, what others had changed: as this pass found out, and as an earlier one did.
  std::vector<ipvs::Change> repairs{};
  std::vector<ipvs::Change> rest_of_repairs{};
  Departures departures{};
  // Why the table could not be read again, after what is in `done`, to decide anew what had surprised.
  std::optional<Error> broken_off{};
};

// How the time of a turn of the loop is told.
struct TurnClock {
  std::function<TimePoint()> now;
  std::function<void()> moved;  // called after each step that may have waited for the kernel
};

// Our part of the kernel's IPVS table: reads it, compares, and carries out the changes. Remembers which
// services are ours; never touches others (FN-34, I-6). Real servers that leave a virtual server that stays
// are drained (node/ipvs/drain.h); with the virtual server, or its VIP, they go at once.
//
// What is decided goes to the kernel in parts, by need (node/ipvs/chunks.h), for kernel::kPatience a turn
// once it is decided, and at least one part. What is left stays pending: go_on() in a turn soon. New services
// are never left.
class ForwardingTable {
 public:
  explicit ForwardingTable(kernel::Ipvs& ipvs);
  ForwardingTable(kernel::Ipvs& ipvs, TurnClock clock);

  // These services are of an earlier run.
  void claim(const std::set<ipvs::Key>& owned) { ours_.insert(owned.begin(), owned.end()); }
  // The kernel has no IPVS, so no services of ours.
  void forget_everything();
  // A scheduler that was missing may have been loaded since: the next pass tries once. It counts as missing
  // until that has worked.
  void try_missing_schedulers() { untried_ = missing_; }
  // The virtual servers with a drained server whose deadline has come: a pass should look at them.
  std::set<ipvs::Key> due(TimePoint now) const { return drains_.due(now); }
  // How many real servers stay for their connections alone.
  std::size_t draining() const { return drains_.leaving(); }

  // Whether the kernel's table can be asked at all. Errors: as Ipvs::service.
  Result<> probe() const;
  // The destinations of those of `keys` that are ours which get new connections now (weight over 0). What
  // cannot be read counts as none.
  std::map<ipvs::Key, std::set<net::Endpoint>> in_service(const std::set<ipvs::Key>& keys);
  // Makes the table hold `order`. Services are all compared, destinations only of `look_at`, and not of those
  // of which something is pending. Looks again at what surprises, three times at most. Errors: as
  // Ipvs::services; nothing was changed. If that comes later: TablePass::broken_off.
  Result<TablePass> pass(const TableOrder& order, const std::set<ipvs::Key>& look_at);
  // The same where something is another than before: looks at virtual servers with another plan than when
  // they were decided last, those that leave, and those that could not be carried out. Costs what these cost,
  // and a comparison of the others with what was decided.
  Result<TablePass> follow(const TableOrder& order);
  // Carries out what is pending. `order`: the one that the last pass() or follow() had, but for `paused`.
  Result<TablePass> go_on(const TableOrder& order);
  bool pending() const { return !pending_.empty(); }
  // True if `servers` have all been decided as they are, but those of others, and nothing of it is pending.
  bool follows(const std::map<ipvs::Key, plan::VirtualServerPlan>& servers) const;

  // Ours, in the kernel or (claimed) perhaps in the kernel.
  const std::set<ipvs::Key>& ours() const { return ours_; }
  // Ours and in the kernel, as of the last pass.
  const std::set<ipvs::Key>& present() const { return present_; }
  // Wanted, and carried out in full once: a repair that goes on takes nothing away from here.
  const std::set<ipvs::Key>& settled() const { return settled_; }
  const std::set<ipvs::Key>& foreign() const { return foreign_; }
  // Services that are not as wanted, and why.
  const std::map<ipvs::Key, std::string>& failed() const { return failed_; }
  // Destinations that the kernel refuses, and why.
  const std::map<ipvs::Key, std::map<net::Endpoint, std::string>>& refused() const { return refused_; }
  const std::set<api::Scheduler>& missing_schedulers() const { return missing_; }

 private:
  // The virtual servers that are looked at, and whether all services are compared with them.
  struct Look {
    std::set<ipvs::Key> keys;
    bool all_services = false;
  };
  Result<TablePass> work(const TableOrder& order, std::optional<Look> look);
  Look look_for(const TableOrder& order, std::set<ipvs::Key> keys) const;
  Result<std::set<ipvs::Key>> decide(const TableOrder& order, const Look& look, TablePass& pass);
  ipvs::Table wished(const TableOrder& order, const Look& look) const;
  void queue(const TableOrder& order, const std::vector<ipvs::Change>& changes, const ipvs::Table& actual,
             const std::set<ipvs::Key>& decided, const Departures& departures);
  bool differs(const TableOrder& order, const ipvs::Key& key) const;
  void hold_back(const std::set<ipvs::Key>& paused);
  ipvs::Cause cause_of(const TableOrder& order, const ipvs::Change& change) const;
  void forget_what_left(const TableOrder& order);
  std::vector<ipvs::Key> leaving(const TableOrder& order) const;  // ours, not ordered
  void settle(const TableOrder& order, const std::set<ipvs::Key>& touched);

  // How servers leave this virtual server now. Which of them are gone is known of the plan before.
  ipvs::Removal removal(const TableOrder& order, const ipvs::Key& key) const;
  // Adds to `desired` the servers that stay to be drained.
  Result<ipvs::Table> read(const TableOrder& order, const Look& look, ipvs::Table& desired, TablePass& pass);
  Result<ipvs::Table> read_services(const TableOrder& order, const Look& look);
  Result<> confirm_absent(ipvs::Table& actual);
  Result<> meet(const ipvs::Key& leaving);
  Result<> claim_unanswered(const Look& look, const ipvs::Table& actual);
  // What is pending, until `end`. Returns the virtual servers that have to be looked at again.
  std::set<ipvs::Key> carry_out(const TableOrder& order, TimePoint end, TablePass& pass,
                                std::set<ipvs::Key>& touched);
  void gather_pending();
  // Both return true if the table has to be read again.
  bool service_failed(const TableOrder& order, const ipvs::Key& key, const ipvs::Service& service,
                      const Error& error);
  bool change_failed(const TableOrder& order, const ipvs::Change& change, const Error& error);
  void note_done(const ipvs::PendingChange& done, TablePass& pass);
  void accept(const ipvs::Key& key, const net::Endpoint& endpoint);
  std::set<api::Scheduler> lacking() const;  // missing, and not to be tried again
  void note_scheduler(const ipvs::Key& key, const std::string& name);

  kernel::Ipvs& ipvs_;
  TurnClock clock_;
  ipvs::Pending pending_;
  // The plan of each virtual server as its changes were last decided; without those that have to be looked at
  // again.
  std::map<ipvs::Key, plan::VirtualServerPlan> decided_;
  std::set<ipvs::Key> settled_;
  // Of settled_, those with another plan since that has not been carried out in full.
  std::set<ipvs::Key> underway_;
  std::set<ipvs::Key> fallen_back_;  // in the kernel with the fallback, as their scheduler was missing
  std::set<ipvs::Key> ours_;
  // New services of ours of which nobody knows whether they were made, as they were asked for.
  std::map<ipvs::Key, ipvs::Service> unanswered_;
  std::set<ipvs::Key> present_;
  std::set<ipvs::Key> foreign_;
  std::map<ipvs::Key, std::string> failed_;
  std::map<ipvs::Key, std::map<net::Endpoint, std::string>> refused_;
  std::set<api::Scheduler> missing_;
  std::set<api::Scheduler> untried_;  // of missing_, since try_missing_schedulers()
  ForwardingDrains drains_;
};

}  // namespace fairlead::agent
