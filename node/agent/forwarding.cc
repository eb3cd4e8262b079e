#include "node/agent/forwarding.h"

#include <string>
#include <utility>

#include "lib/sys/log.h"
#include "node/agent/forwarding_state.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kTableRetry{10'000};  // each try may make the kernel look for its module

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
      table(*ports.ipvs, {sys::now, [this] { moved(); }}),
      guard(*ports.nft),
      fence(*ports.fence, metrics),
      health(loop_in, *ports.prober, metrics_in, [this](const auto& keys) { take_health(keys); }),
      audit_timer(loop_in),
      rest_timer(loop_in),
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
  servers.order(std::exchange(order.virtual_servers, {}));
  if (servers.asks_for_host()) look_at_host();
  // Later orders name only what this object programmed itself, or means to: that it knows better.
  if (!std::exchange(claimed, true)) table.claim(order.owned);
  for (const ipvs::Key& key : table.ours()) departed.try_emplace(key.address, order.sequence);
  for (const auto& key : guard.held().ports) departed.try_emplace(key.address, order.sequence);
  for (const net::IpAddress& vip : order.vips) departed.erase(vip);
  table_retry = guard_retry = begun;
  check_health();
  synchronize();
  compare_sysctls();
  if (!ordered) ordered = begun;
  note_programmed();
  publish(true);
}

// True if other virtual servers are wanted now.
bool ForwardingAgent::State::look_at_host() {
  const auto addresses = ports.host->addresses();
  const std::string why = addresses ? "" : addresses.error().message;
  if (!why.empty() && why != host_unread_told) {
    sys::log(sys::LogLevel::kWarning, "forwarding.host_unread", {{"error", why}});
  }
  host_unread_told = why;
  if (!addresses) return false;  // what was seen last still stands
  std::set<net::IpAddress> own = *addresses;
  for (const net::IpAddress& vip : order.vips) own.erase(vip);
  return servers.host(own);
}

void ForwardingAgent::State::check_health() {
  health.order(servers.wanted(), [this](const std::set<ipvs::Key>& keys) { return table.in_service(keys); });
  servers.health(health.checks());
}

void ForwardingAgent::State::take_health(const std::set<ipvs::Key>& keys) {
  servers.health(keys, health.checks());
  std::set<ipvs::Key> ours = wanted_keys();
  std::erase_if(ours, [&](const ipvs::Key& key) { return !keys.contains(key); });
  if (!table_error && !ours.empty()) follow_order();
  publish(false);
}

void ForwardingAgent::State::take(const VrrpReport& report) {
  vrrp_sequence = report.sequence;
  held = report.held;
  // Without a plan nobody knows yet whose addresses an earlier run left, and its table keeps them silent.
  const bool news = report.sequence > 0 && fence.hold(report.fenced);
  moved();
  if (!departed.empty())
    synchronize();
  else if (!servers.looping().empty())
    narrow_guard();
  else if (!news)
    return;
  publish(false);
}

void ForwardingAgent::State::synchronize() {
  const TimePoint begun = sys::now();
  if (!anything_to_do()) table_error.reset();  // of no matter any more
  if (anything_to_do() && table_answers()) {
    widen_guard();
    follow_order();
    metrics.synchronized(sys::now() - begun);
  }
  narrow_guard();
}

bool ForwardingAgent::State::table_answers() {
  const auto answered = table.probe();
  table_error.reset();
  if (answered) return true;
  if (answered.error().code == Code::kNotFound) {
    table.forget_everything();
    if (servers.wanted().empty()) return false;
  }
  table_error = answered.error();
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
  for (const auto& [key, server] : servers.wanted()) {
    if (!table.foreign().contains(key)) keys.insert(key);
  }
  return keys;
}

std::set<ipvs::Key> ForwardingAgent::State::leaving_keys() const {
  std::set<ipvs::Key> keys;
  for (const ipvs::Key& key : table.ours()) {
    if (!servers.wanted().contains(key)) keys.insert(key);
  }
  const std::set<net::IpAddress> staying = still_held();
  for (const ipvs::Key& key : guard.held().ports) {
    if (staying.contains(key.address)) keys.insert(key);
  }
  for (const auto& [key, real] : servers.looping()) {
    if (held.contains(key.address)) keys.insert(key);
  }
  return keys;
}

// Of the plan if it has the VIP, else as the guard has it now. An earlier run's VIP that has left the plan is
// in neither: masqueraded for the moment until its address is gone.
filter::Route ForwardingAgent::State::route(const net::IpAddress& vip) const {
  if (const auto route = servers.route(vip)) return *route;
  return guard.held().direct.contains(vip) ? filter::Route::kDirect : filter::Route::kMasqueraded;
}

// Of the plan if it has the virtual server, else as the guard has it now. Who may connect to one of an
// earlier run that has left the plan nobody knows: until it is gone nobody may. Nor to one that is set aside:
// there is nothing behind it but this host.
filter::Passage ForwardingAgent::State::passage(const ipvs::Key& key) const {
  if (servers.looping().contains(key)) return {filter::Route::kDirect, filter::Clients{}};
  const auto wanted = servers.wanted().find(key);
  if (wanted != servers.wanted().end()) return passage_of(key, wanted->second);
  const bool known = guard.held().ports.contains(key);
  return {route(key.address), known ? filter::clients_of(guard.held(), key) : filter::Clients{}};
}

void ForwardingAgent::State::hold_guard(const std::set<ipvs::Key>& keys) {
  std::map<ipvs::Key, filter::Passage> passages;
  for (const ipvs::Key& key : keys) passages.emplace(key, passage(key));
  const auto result = guard.hold(filter::guard(passages));
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
    const auto ours = table.ours().lower_bound({one.first, net::Protocol::kTcp, net::Port(0)});
    const bool has_ours = ours != table.ours().end() && ours->address == one.first;
    return !has_ours && !staying.contains(one.first);
  });
}

void ForwardingAgent::State::change_table(const std::function<Result<TablePass>(const TableOrder&)>& step) {
  TableOrder wanted{servers.served(), still_held(), {}, servers.taken_out(), sys::now()};
  for (const auto& [key, server] : servers.wanted()) {
    const bool guarded = filter::covers(guard.held(), key, passage_of(key, server));
    if (!guarded || !ipvs::may_repair(fights, key, sys::now())) wanted.paused.insert(key);
  }
  const auto pass = step(wanted);
  table_error.reset();
  if (pass) {
    note_repairs(*pass);
    forget_connections(*pass);
  }
  if (!pass || pass->broken_off) {
    table_error = pass ? *pass->broken_off : pass.error();
    table_retry = sys::now() + kTableRetry;
    if (table_error->code == Code::kNotFound) table.forget_everything();
    return;
  }
  if (table.pending()) rest_timer.arm(sys::now(), [this] { carry_on(); });
}

void ForwardingAgent::State::carry_on() {
  if (table_error || !table.pending()) return;
  change_table([this](const TableOrder& wanted) { return table.go_on(wanted); });
  narrow_guard();
  note_programmed();
  publish(false);
}

void ForwardingAgent::State::note_programmed() {
  if (!ordered || table_error || guard_error || !table.follows(servers.served())) return;
  metrics.programmed(sys::now() - *ordered);
  ordered.reset();
}

}  // namespace fairlead::agent
