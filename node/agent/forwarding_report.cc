#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>
#include <utility>

#include "lib/sys/log.h"
#include "node/agent/forwarding_state.h"

// What ForwardingAgent tells of itself.
namespace fairlead::agent {
namespace {

constexpr std::chrono::minutes kTellAgain{1};

auto as_tuple(const ForwardingReport& report) {
  return std::tie(report.sequence, report.ready, report.programmed, report.foreign, report.usable_reals,
                  report.healths, report.problems, report.capabilities, report.fence);
}

bool same_problem(const api::Condition& a, const api::Condition& b) {
  return a.type == b.type && a.reason == b.reason && a.message == b.message;
}

bool contains(const std::vector<api::Condition>& all, const api::Condition& one) {
  return std::any_of(all.begin(), all.end(), [&](const auto& other) { return same_problem(one, other); });
}

}  // namespace

bool ForwardingAgent::State::works(const ipvs::Key& key) const {
  return table.present().contains(key) && table.settled().contains(key) && !table.foreign().contains(key) &&
         !table.failed().contains(key) && filter::covers(guard.held(), key, passage(key));
}

std::set<net::IpAddress> ForwardingAgent::State::ready() const {
  std::set<net::IpAddress> vips = order.vips;
  for (const auto& [key, real] : servers.looping()) vips.erase(key.address);
  // prepare-host may have left that setting alone: replies would not come back to the clients.
  const bool forwards_ipv6 = std::none_of(mismatches.begin(), mismatches.end(),
                                          [](const auto& one) { return one.name == kernel::kForwardIPv6; });
  for (const auto& [key, server] : servers.wanted()) {
    const bool stuck = !forwards_ipv6 && is_nat_over_ipv6(key, server);
    if (stuck || !works(key)) vips.erase(key.address);
  }
  return vips;
}

ForwardingFaults ForwardingAgent::State::faults() const {
  ForwardingFaults faults;
  faults.table = table_error;
  faults.guard = guard_error;
  faults.looping = servers.looping();
  faults.not_tried = health.not_tried();
  faults.foreign = table.foreign();
  faults.fought_over = ipvs::fought_over(fights, sys::now());
  faults.failed = table.failed();
  faults.refused = table.refused();
  faults.mismatches = mismatches;
  faults.turned_back = turned_back.times;
  faults.full_conntrack = full_conntrack;
  for (const auto& [key, server] : servers.wanted()) {
    if (table.missing_schedulers().contains(server.scheduler))
      faults.missing_schedulers.insert(server.scheduler);
  }
  return faults;
}

ForwardingReport ForwardingAgent::State::report_now() {
  ForwardingReport report;
  report.sequence = order.sequence;
  report.ready = ready();
  report.programmed = table.present();
  report.foreign = table.foreign();
  report.capabilities = capabilities;
  report.fence = fence.report();
  std::size_t destinations = 0;
  for (const auto& [key, server] : servers.served()) {
    if (!table.present().contains(key)) continue;
    const auto refused = table.refused().find(key);
    int usable = 0;
    for (const auto& [endpoint, real] : server.reals) {
      if (refused != table.refused().end() && refused->second.contains(endpoint)) continue;
      ++destinations;
      if (real.weight.value() > 0) ++usable;
    }
    report.usable_reals[key] = usable;
  }
  report.healths = servers.healths();
  metrics.sizes(report.programmed.size(), destinations, table.draining());
  const ForwardingFaults wrong = faults();
  metrics.problems(problem_counts(wrong));
  report.problems = conditions_of(wrong);
  for (api::Condition& problem : report.problems) {
    problem.last_transition_time = sys::wall_now();
    if (!published) continue;
    for (const api::Condition& before : published->problems) {
      if (same_problem(before, problem)) problem.last_transition_time = before.last_transition_time;
    }
  }
  return report;
}

void ForwardingAgent::State::log_problems(const std::vector<api::Condition>& now) {
  const std::vector<api::Condition> none;
  const auto& before = published ? published->problems : none;
  for (const api::Condition& problem : now) {
    if (contains(before, problem)) continue;
    sys::log(sys::LogLevel::kWarning, "forwarding.problem",
             {{"reason", problem.reason}, {"message", problem.message}});
  }
  for (const api::Condition& problem : before) {
    const bool still =
        std::any_of(now.begin(), now.end(), [&](const auto& one) { return one.reason == problem.reason; });
    if (!still) sys::log(sys::LogLevel::kInfo, "forwarding.problem_over", {{"reason", problem.reason}});
  }
}

void ForwardingAgent::State::note_guard_restored(TimePoint now) {
  metrics.guard_restored();
  if (guard_restored_told && now < *guard_restored_told + kTellAgain) return;
  guard_restored_told = now;
  sys::log(sys::LogLevel::kWarning, "forwarding.guard_restored", {});
}

void ForwardingAgent::State::publish(bool always) {
  ForwardingReport report = report_now();
  if (!always && published && as_tuple(*published) == as_tuple(report)) return;
  log_problems(report.problems);
  published = report;
  on_report(report);
}

}  // namespace fairlead::agent
