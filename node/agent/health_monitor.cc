#include "node/agent/health_monitor.h"

#include <utility>

#include "lib/sys/log.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kGather{5};  // servers of one machine die together

}  // namespace

HealthMonitor::HealthMonitor(sys::Loop& loop, probe::Prober& prober, sys::Metrics& metrics,
                             std::function<void(const Keys&)> on_change)
    : prober_(prober),
      metrics_(metrics),
      on_change_(std::move(on_change)),
      schedule_(health::Limits{}),
      next_(loop),
      telling_(loop) {}

void HealthMonitor::order(const Servers& servers, const InService& in_service) {
  std::map<health::CheckKey, Keys> askers;
  std::set<health::CheckKey> wanted;
  for (const auto& [key, server] : servers) {
    for (const auto& [endpoint, real] : server.reals) {
      for (const auto& check : health::checks_of(server, endpoint)) {
        askers[check].insert(key);
        wanted.insert(check);
      }
    }
  }
  std::set<health::CheckKey> serving;
  const auto unheard_of = schedule_.unheard_of(wanted);
  if (!unheard_of.empty()) {
    Keys keys;
    for (const auto& check : unheard_of) keys.insert(askers.at(check).begin(), askers.at(check).end());
    for (const auto& [key, endpoints] : in_service(keys)) {
      for (const auto& endpoint : endpoints) serving.merge(health::checks_of(servers.at(key), endpoint));
    }
  }
  askers_ = std::move(askers);
  schedule_.want(wanted, serving, sys::now());
  std::erase_if(running_, [&](const auto& one) { return !wanted.contains(one.first); });
  std::erase_if(not_tried_, [&](const auto& one) { return !wanted.contains(one.first); });
  run();
}

void HealthMonitor::run() {
  const TimePoint now = sys::now();
  for (const auto& key : schedule_.start(now)) start(key);
  metrics_.checks(schedule_.count(), schedule_.overdue(now));
  if (const auto next = schedule_.next_deadline(sys::now()))
    next_.arm(*next, [this] { run(); });
  else
    next_.cancel();
}

void HealthMonitor::start(const health::CheckKey& key) {
  auto probe = prober_.start(key, [this, key](const health::Outcome& outcome) { finish(key, outcome); });
  running_.insert_or_assign(key, Running{std::move(probe), sys::now()});
}

void HealthMonitor::finish(const health::CheckKey& key, const health::Outcome& outcome) {
  const TimePoint now = sys::now();
  const auto running = running_.extract(key);
  if (!running.empty()) metrics_.ended(outcome, now - running.mapped().since);
  const std::string error = schedule_.checks().at(key).error;
  const bool changed = schedule_.finish(key, outcome, now);
  note(key, outcome);
  if (changed) log_change(key);
  if (changed || schedule_.checks().at(key).error != error) tell(key);
  run();
}

// That this host cannot try is no news of a server: it is told once, and once that it can again.
void HealthMonitor::note(const health::CheckKey& key, const health::Outcome& outcome) {
  const bool before = !not_tried_.empty();
  const auto* trouble = std::get_if<health::NotTried>(&outcome);
  if (trouble != nullptr)
    not_tried_.insert_or_assign(key, trouble->text);
  else
    not_tried_.erase(key);
  if (before == !not_tried_.empty()) return;
  if (trouble != nullptr)
    sys::log(sys::LogLevel::kWarning, "health.not_tried",
             {{"check", health::to_string(key)}, {"error", trouble->text}});
  else
    sys::log(sys::LogLevel::kInfo, "health.tried_again", {{"check", health::to_string(key)}});
  tell(key);
}

void HealthMonitor::log_change(const health::CheckKey& key) {
  const health::Check& check = schedule_.checks().at(key);
  metrics_.changed(check.verdict);
  if (check.verdict == health::Verdict::kUp)
    sys::log(sys::LogLevel::kInfo, "health.up", {{"check", health::to_string(key)}});
  else
    sys::log(sys::LogLevel::kInfo, "health.down",
             {{"check", health::to_string(key)}, {"error", check.error}});
}

void HealthMonitor::tell(const health::CheckKey& key) {
  if (changed_.empty()) {
    telling_.arm(sys::now() + kGather, [this] { on_change_(std::exchange(changed_, {})); });
  }
  const Keys& askers = askers_.at(key);
  changed_.insert(askers.begin(), askers.end());
}

}  // namespace fairlead::agent
