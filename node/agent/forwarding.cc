#include "node/agent/forwarding.h"

#include <utility>

#include "lib/sys/log.h"
#include "node/agent/forwarding_state.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kAuditInterval{1'000};
constexpr Milliseconds kGuardInterval{250};
constexpr Milliseconds kHostInterval{30'000};
constexpr Milliseconds kTableRetry{10'000};  // each try may make the kernel look for its module
constexpr Milliseconds kGuardRetry{2'000};   // each try is a child process
constexpr std::size_t kSliceAtLeast = 200;
constexpr std::size_t kSlices = 10;  // all servers within 10 s (P-13)

}  // namespace

ForwardingAgent::ForwardingAgent(sys::Loop& loop, sys::Metrics& metrics, ForwardingPorts ports,
                                 std::function<void(const ForwardingReport&)> on_report)
    : state_(std::make_unique<State>(loop, metrics, std::move(ports), std::move(on_report))) {}

ForwardingAgent::~ForwardingAgent() = default;

void ForwardingAgent::order(ForwardingOrder order) { state_->take(std::move(order)); }
void ForwardingAgent::held(const VrrpReport& report) { state_->take(report); }

ForwardingAgent::State::State(sys::Loop& loop_in, sys::Metrics& metrics_in, ForwardingPorts ports_in,
                              std::function<void(const ForwardingReport&)> on_report_in)
    : loop(loop_in),
      ports(std::move(ports_in)),
      on_report(std::move(on_report_in)),
      metrics(metrics_in),
      table(*ports.ipvs),
      guard(*ports.nft),
      fence(*ports.fence, metrics),
      audit_timer(loop_in),
      guard_timer(loop_in),
      fence_timer(loop_in),
      host_timer(loop_in) {
  const TimePoint now = sys::now();
  host_timer.arm(now, [this] { check_host(); });
  audit_timer.arm(now + kAuditInterval, [this] { audit(); });
  guard_timer.arm(now + kGuardInterval, [this] { check_guard(); });
  fence_timer.arm(now + kGuardInterval, [this] { check_fence(); });
}

void ForwardingAgent::State::take(ForwardingOrder next) {
  const TimePoint begun = sys::now();
  order = std::move(next);
  not_built.clear();
  for (const auto& [key, server] : order.virtual_servers) {
    if (!key.address.is_v4()) not_built.insert(key);
  }
  for (const ipvs::Key& key : not_built) order.virtual_servers.erase(key);
  // Later orders name only what this object programmed itself, or means to: that it knows better.
  if (!std::exchange(claimed, true)) table.claim(order.owned);
  for (const ipvs::Key& key : table.ours()) departed.try_emplace(key.address, order.sequence);
  for (const auto& key : guard.held().ports) departed.try_emplace(key.address, order.sequence);
  for (const net::IpAddress& vip : order.vips) departed.erase(vip);
  table_retry = guard_retry = begun;
  synchronize();
  if (!order.virtual_servers.empty()) {
    mismatches = ports.host->mismatches();
    metrics.mismatches(mismatches);
  }
  metrics.programmed(sys::now() - begun);
  publish(true);
}

void ForwardingAgent::State::take(const VrrpReport& report) {
  vrrp_sequence = report.sequence;
  held = report.held;
  // Without a plan nobody knows yet whose addresses an earlier run left, and its table keeps them silent.
  const bool news = report.sequence > 0 && fence.hold(report.fenced);
  moved();
  if (departed.empty() && !news) return;
  if (!departed.empty()) synchronize();
  publish(false);
}

void ForwardingAgent::State::synchronize() {
  const TimePoint begun = sys::now();
  if (anything_to_do() && find_foreign()) {
    widen_guard();
    change_table(wanted_keys(), false);
    metrics.synchronized(sys::now() - begun);
  }
  narrow_guard();
}

// False: the table cannot be read.
bool ForwardingAgent::State::find_foreign() {
  const auto found = table.find_foreign(order.virtual_servers);
  table_error.reset();
  if (found) return true;
  if (found.error().code == Code::kNotFound) {
    table.forget_everything();
    if (order.virtual_servers.empty()) return false;
  }
  table_error = found.error();
  table_retry = sys::now() + kTableRetry;
  return false;
}

std::set<net::IpAddress> ForwardingAgent::State::still_held() const {
  std::set<net::IpAddress> addresses;
  for (const auto& [vip, sequence] : departed) {
    if (vrrp_sequence < sequence || held.contains(vip)) addresses.insert(vip);
  }
  return addresses;
}

std::set<ipvs::Key> ForwardingAgent::State::wanted_keys() const {
  std::set<ipvs::Key> keys;
  for (const auto& [key, server] : order.virtual_servers) {
    if (!table.foreign().contains(key)) keys.insert(key);
  }
  return keys;
}

std::set<ipvs::Key> ForwardingAgent::State::leaving_keys() const {
  std::set<ipvs::Key> keys;
  for (const ipvs::Key& key : table.ours()) {
    if (!order.virtual_servers.contains(key)) keys.insert(key);
  }
  const std::set<net::IpAddress> staying = still_held();
  for (const ipvs::Key& key : guard.held().ports) {
    if (staying.contains(key.address)) keys.insert(key);
  }
  return keys;
}

void ForwardingAgent::State::hold_guard(const std::set<ipvs::Key>& keys) {
  std::set<ipvs::Key> v4;
  for (const ipvs::Key& key : keys) {
    if (key.address.is_v4()) v4.insert(key);
  }
  const auto result = guard.hold(filter::guard(v4));
  moved();
  guard_error.reset();
  if (result) return;
  guard_error = result.error();
  guard_retry = sys::now() + kGuardRetry;
}

// Before IPVS changes: what is wanted and what is there, together.
void ForwardingAgent::State::widen_guard() {
  std::set<ipvs::Key> keys = wanted_keys();
  keys.merge(leaving_keys());
  const auto& now = guard.held().ports;
  keys.insert(now.begin(), now.end());
  hold_guard(keys);
}

// After IPVS changed: what is wanted, and what could not leave yet.
void ForwardingAgent::State::narrow_guard() {
  if (guard_error && sys::now() < guard_retry) return;
  std::set<ipvs::Key> keys;
  if (!table_error) keys = wanted_keys();
  keys.merge(leaving_keys());
  if (table_error) keys.insert(guard.held().ports.begin(), guard.held().ports.end());
  hold_guard(keys);
  const std::set<net::IpAddress> staying = still_held();
  std::erase_if(departed, [&](const auto& one) {
    if (staying.contains(one.first)) return false;
    for (const ipvs::Key& key : table.ours()) {
      if (key.address == one.first) return false;
    }
    return true;
  });
}

void ForwardingAgent::State::change_table(const std::set<ipvs::Key>& look_at, bool auditing) {
  TableOrder wanted{order.virtual_servers, still_held(), {}};
  for (const auto& [key, server] : order.virtual_servers) {
    const bool guarded = filter::covers(guard.held(), key);
    if (!guarded || !ipvs::may_repair(fights, key, sys::now())) wanted.paused.insert(key);
  }
  const auto pass = table.pass(wanted, look_at);
  moved();
  table_error.reset();
  if (!pass) {
    table_error = pass.error();
    table_retry = sys::now() + kTableRetry;
    if (pass.error().code == Code::kNotFound) table.forget_everything();
    return;
  }
  if (auditing)
    note_repairs(pass->done);
  else
    forget_translations(pass->done);
}

void ForwardingAgent::State::forget_translations(const std::vector<ipvs::Change>& done) {
  std::vector<ipvs::Key> added;
  for (const ipvs::Change& change : done) {
    if (const auto* service = std::get_if<ipvs::AddService>(&change)) added.push_back(service->key);
  }
  if (added.empty()) return;
  const auto forgotten = ports.host->forget_connections(added);
  const bool kept = !forgotten && forgotten.error().code != Code::kNotFound;
  const std::string why = kept ? forgotten.error().message : "";
  if (kept && why != connections_kept_told) {
    sys::log(sys::LogLevel::kWarning, "forwarding.connections_kept", {{"error", why}});
  }
  connections_kept_told = why;
}

void ForwardingAgent::State::note_repairs(const std::vector<ipvs::Change>& done) {
  std::vector<ipvs::Change> repairs;
  std::set<ipvs::Key> keys;
  bool news = false;  // a condition names those that are fought over
  const std::set<ipvs::Key> fought_over = ipvs::fought_over(fights, sys::now());
  for (const ipvs::Change& change : done) {
    // What the audit deletes of a VIP that left is no repair, nor what it can add at last.
    if (!order.virtual_servers.contains(ipvs::key_of(change))) continue;
    if (!published || !published->programmed.contains(ipvs::key_of(change))) continue;
    repairs.push_back(change);
    keys.insert(ipvs::key_of(change));
    news = news || !fought_over.contains(ipvs::key_of(change));
  }
  if (repairs.empty()) return;
  metrics.repaired(repairs);
  for (const ipvs::Key& key : keys) fights = ipvs::after_repair(std::move(fights), key, sys::now());
  if (!news) return;
  sys::log(sys::LogLevel::kWarning, "forwarding.repaired",
           {{"entries", std::to_string(repairs.size())}, {"first", ipvs::to_string(repairs.front())}});
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
  const TimePoint now = sys::now();
  audit_timer.arm(now + kAuditInterval, [this] { audit(); });
  if (!anything_to_do()) return;
  if (table_error) {
    if (now >= table_retry) synchronize();
  } else if (guard_error) {
    if (now >= guard_retry) synchronize();
  } else {
    change_table(next_slice(), true);
    narrow_guard();
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
  table.forget_missing_schedulers();
  mismatches.clear();
  if (!order.virtual_servers.empty()) mismatches = ports.host->mismatches();
  metrics.mismatches(mismatches);
  publish(false);
}

}  // namespace fairlead::agent
