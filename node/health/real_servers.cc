#include "node/health/real_servers.h"

namespace fairlead::health {
namespace {

RealHealth health_of(const std::set<CheckKey>& keys, const std::map<CheckKey, Check>& checks) {
  RealHealth worst{Verdict::kUp, ""};
  for (const CheckKey& key : keys) {
    const auto found = checks.find(key);
    const Check check = found == checks.end() ? Check{} : found->second;
    const bool worse = (check.verdict == Verdict::kDown && worst.verdict != Verdict::kDown) ||
                       (check.verdict == Verdict::kUnknown && worst.verdict == Verdict::kUp);
    if (worse) worst.verdict = check.verdict;
    if (worse || worst.error.empty()) worst.error = check.error;
  }
  return worst;
}

}  // namespace

std::set<CheckKey> checks_of(const plan::VirtualServerPlan& server, const net::Endpoint& real) {
  std::set<CheckKey> out;
  for (const auto& check : server.checks) {
    out.insert({{real.address, check.port.value_or(real.port)},
                check.source_address,
                check.interval,
                check.timeout,
                check.retries,
                check.retry_delay});
  }
  return out;
}

Healths healths_of(const plan::VirtualServerPlan& server, const std::map<CheckKey, Check>& checks) {
  Healths out;
  if (server.checks.empty()) return out;
  for (const auto& [endpoint, real] : server.reals) {
    out.emplace(endpoint, health_of(checks_of(server, endpoint), checks));
  }
  return out;
}

plan::VirtualServerPlan served(const plan::VirtualServerPlan& server, const Healths& healths) {
  plan::VirtualServerPlan out = server;
  for (const auto& [endpoint, health] : healths) {
    const auto real = out.reals.find(endpoint);
    if (health.verdict == Verdict::kUp || real == out.reals.end()) continue;
    if (server.on_unhealthy == api::OnUnhealthy::kRemove)
      out.reals.erase(real);
    else
      real->second.weight = api::Weight(0);
  }
  return out;
}

}  // namespace fairlead::health
