#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"
#include "node/agent/forwarding.h"
#include "node/agent/forwarding_fence.h"
#include "node/agent/forwarding_guard.h"
#include "node/agent/forwarding_metrics.h"
#include "node/agent/forwarding_problems.h"
#include "node/agent/forwarding_servers.h"
#include "node/agent/forwarding_table.h"
#include "node/agent/health_monitor.h"
#include "node/agent/host_watch.h"
#include "node/agent/unforgotten.h"
#include "node/filter/dropped.h"
#include "node/ipvs/fight.h"

namespace fairlead::agent {

inline constexpr Milliseconds kAuditInterval{1'000};
inline constexpr Milliseconds kGuardInterval{250};
inline constexpr Milliseconds kHostInterval{30'000};
inline constexpr Milliseconds kGuardRetry{2'000};  // each try is a child process

// The inside of ForwardingAgent: what is wanted, the two tables, the timers.
struct ForwardingAgent::State {
  State(sys::Loop& loop, sys::Metrics& metrics, ForwardingPorts ports,
        std::function<void(const ForwardingReport&)> on_report);

  void take(ForwardingOrder next);
  void take(const VrrpReport& report);

  // Guard, IPVS, guard again: everything as the newest order has it.
  void synchronize();
  void audit();
  void look_again(TimePoint now);  // once: the kernel's table, the drop counters, connection tracking
  void check_guard();
  void check_fence();
  void note_guard_restored(TimePoint now);
  void check_host();
  bool look_at_host();
  void compare_sysctls();
  // The health checks of what is wanted now, and what they say of it.
  void check_health();
  // What they say to these has changed.
  void take_health(const std::set<ipvs::Key>& keys);

  // A step of the turn is done that may have waited.
  void moved() const {
    if (ports.moved) ports.moved();
  }

  // The steps of synchronize().
  bool anything_to_do() const { return !servers.wanted().empty() || !table.ours().empty(); }
  bool table_answers();
  void widen_guard();
  // One step of the table's: pass(), follow() or go_on(), with what it shall hold now.
  void change_table(const std::function<Result<TablePass>(const TableOrder&)>& step);
  void follow_order() {
    change_table([this](const TableOrder& wanted) { return table.follow(wanted); });
  }
  void narrow_guard();
  // What the last turn had no time for.
  void carry_on();
  // Once the tables hold the order.
  void note_programmed();

  void note_repairs(const TablePass& pass);
  void watch_conntrack();
  void count_dropped();  // what the guard has dropped since the last call, as metrics
  void forget_connections(const TablePass& pass);
  void forget_servers();
  void forget_translations();
  filter::Route route(const net::IpAddress& vip) const;
  filter::Passage passage(const ipvs::Key& key) const;
  void hold_guard(const std::set<ipvs::Key>& keys);
  std::set<net::IpAddress> still_held() const;
  std::set<ipvs::Key> wanted_keys() const;  // without those of others
  // Not wanted, but still in the kernel and ours, or guarded for a held VIP: of one that left, or that is set
  // aside here (looping; the Active keeps what became unready later).
  std::set<ipvs::Key> leaving_keys() const;
  std::set<ipvs::Key> next_slice();

  ForwardingReport report_now();
  std::set<net::IpAddress> ready() const;
  bool works(const ipvs::Key& key) const;
  ForwardingFaults faults() const;
  void publish(bool always);
  void log_problems(const std::vector<api::Condition>& now);

  sys::Loop& loop;
  ForwardingPorts ports;
  std::function<void(const ForwardingReport&)> on_report;
  ForwardingMetrics metrics;
  ForwardingTable table;
  ForwardingGuard guard;
  ForwardingFence fence;
  HealthMonitor health;
  sys::Timer audit_timer;
  sys::Timer rest_timer;  // what is pending, between other turns
  sys::Timer guard_timer;
  sys::Timer fence_timer;  // turns of its own: the guard may wait for a child process
  sys::Timer host_timer;

  ForwardingOrder order;  // without its virtual servers
  ForwardingServers servers;
  std::optional<TimePoint> ordered;  // when the oldest order came of which something is pending
  bool claimed = false;              // the keys of the earlier run were taken over
  std::map<net::IpAddress, std::uint64_t> departed;  // VIPs that left, by the order they left with
  std::uint64_t vrrp_sequence = 0;
  std::set<net::IpAddress> held;
  ipvs::Fights fights;
  filter::Dropped dropped;  // as the guard's counters stood at the last look
  Unforgotten unforgotten;
  std::optional<ipvs::Key> slice_after;  // where the last slice of the audit ended
  std::optional<Error> table_error;
  std::optional<Error> guard_error;
  TimePoint table_retry{};  // not before, while table_error
  TimePoint guard_retry{};
  // As logged:
  std::optional<TimePoint> guard_restored_told;
  std::string connections_kept_told;  // why; empty: they could be removed
  std::string servers_kept_told;      // the same, of real servers of UDP
  std::string host_unread_told;       // why; empty: the host's addresses could be read
  std::vector<SysctlMismatch> mismatches;
  TurnedBack turned_back;
  std::optional<ConntrackUse> full_conntrack;  // nullopt: it is not nearly full
  api::Capabilities capabilities;
  std::optional<ForwardingReport> published;
};

}  // namespace fairlead::agent
