#include <algorithm>
#include <string>
#include <utility>

#include "lib/sys/log.h"
#include "node/agent/forwarding_state.h"

// What ForwardingAgent looks at again and again, and puts right.
namespace fairlead::agent {
namespace {

constexpr std::size_t kSliceAtLeast = 200;
constexpr std::size_t kSlices = 10;  // all servers within 10 s (P-13)
// For what is pending, and everything else, however long an audit takes.
constexpr Milliseconds kAuditPause{500};

}  // namespace

void ForwardingAgent::State::note_repairs(const TablePass& pass) {
  metrics.repaired(pass.rest_of_repairs);
  std::set<ipvs::Key> keys;
  bool news = false;  // a condition names those that are fought over
  const std::set<ipvs::Key> fought_over = ipvs::fought_over(fights, sys::now());
  for (const ipvs::Change& change : pass.repairs) {
    keys.insert(ipvs::key_of(change));
    news = news || !fought_over.contains(ipvs::key_of(change));
  }
  if (pass.repairs.empty()) return;
  metrics.repaired(pass.repairs);
  fights = ipvs::after_repairs(std::move(fights), keys, sys::now());
  if (!news) return;
  sys::log(
      sys::LogLevel::kWarning, "forwarding.repaired",
      {{"entries", std::to_string(pass.repairs.size())}, {"first", ipvs::to_string(pass.repairs.front())}});
}

// Where nothing is guarded there is no table that counts.
void ForwardingAgent::State::count_dropped() {
  if (guard.held().empty()) return dropped.clear();
  const auto counters = ports.nft->counters();
  if (!counters) return;  // the guard's next look says why
  const filter::Dropped now = filter::dropped(*counters);
  metrics.dropped(filter::dropped_since(dropped, now));
  dropped = now;
}

// Once it is full the kernel drops new connections, of everybody. Where nothing is forwarded that is no
// business of ours.
void ForwardingAgent::State::watch_conntrack() {
  const auto use = servers.wanted().empty() ? std::nullopt : ports.host->conntrack_use();
  metrics.conntrack(use);
  const bool full = use && nearly_full(full_conntrack.has_value(), *use);
  full_conntrack = full ? use : std::nullopt;
}

// All servers while they are few, else a tenth of the services at a time, in key order.
std::set<ipvs::Key> ForwardingAgent::State::next_slice() {
  const std::set<ipvs::Key> all = wanted_keys();
  const std::size_t size = std::max(kSliceAtLeast, all.size() / kSlices + 1);
  if (all.size() <= size) return all;
  std::set<ipvs::Key> slice;
  auto next = slice_after ? all.upper_bound(*slice_after) : all.begin();
  while (slice.size() < size) {
    if (next == all.end()) next = all.begin();
    slice_after = *next;
    slice.insert(*next++);
  }
  return slice;
}

void ForwardingAgent::State::audit() {
  const TimePoint begun = sys::now();
  look_again(begun);
  const TimePoint next = std::max(begun + kAuditInterval, sys::now() + kAuditPause);
  audit_timer.arm(next, [this] { audit(); });
}

void ForwardingAgent::State::look_again(TimePoint now) {
  count_dropped();
  watch_conntrack();
  if (!anything_to_do()) return;
  if (table_error) {
    if (now >= table_retry) synchronize();
  } else if (guard_error) {
    if (now >= guard_retry) synchronize();
  } else {
    std::set<ipvs::Key> look_at = next_slice();
    look_at.merge(table.due(now));
    change_table([&](const TableOrder& wanted) { return table.pass(wanted, look_at); });
    narrow_guard();
    note_programmed();
    metrics.synchronized(sys::now() - now);
  }
  publish(false);
}

void ForwardingAgent::State::check_fence() {
  fence_timer.arm(sys::now() + kGuardInterval, [this] { check_fence(); });
  if (fence.check(sys::now())) publish(false);
}

void ForwardingAgent::State::check_guard() {
  const TimePoint now = sys::now();
  guard_timer.arm(now + kGuardInterval, [this] { check_guard(); });
  if (guard_error && now < guard_retry) return;
  const auto restored = guard.check();
  const bool failed_before = guard_error.has_value();
  guard_error.reset();
  if (!restored) {
    guard_error = restored.error();
    guard_retry = now + kGuardRetry;
  } else if (*restored) {
    note_guard_restored(now);
  }
  if (failed_before != guard_error.has_value()) {
    if (!guard_error) synchronize();
    publish(false);
  }
}

void ForwardingAgent::State::check_host() {
  host_timer.arm(sys::now() + kHostInterval, [this] { check_host(); });
  capabilities = ports.host->capabilities();
  if (servers.asks_for_host() && look_at_host()) {
    check_health();
    synchronize();
  }
  table.try_missing_schedulers();
  compare_sysctls();
  publish(false);
}

void ForwardingAgent::State::compare_sysctls() {
  const std::set<kernel::NeededBy> needs = servers.needs();
  mismatches = ports.host->mismatches(needs);
  metrics.mismatches(mismatches);
  turned_back = after_look(std::move(turned_back), needs, mismatches);
}

}  // namespace fairlead::agent
