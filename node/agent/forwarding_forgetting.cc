#include <string>

#include "lib/sys/log.h"
#include "node/agent/forwarding_state.h"

// What ForwardingAgent has connection tracking forget: at once, and again in later passes until it worked.
namespace fairlead::agent {
namespace {

// Why it could not be done; empty: it could, or nothing is tracked here.
std::string why_kept(const Result<>& forgotten) {
  return forgotten || forgotten.error().code == Code::kNotFound ? "" : forgotten.error().message;
}

}  // namespace

void ForwardingAgent::State::forget_connections(const TablePass& pass) {
  unforgotten = after_pass(std::move(unforgotten), pass);
  forget_servers();
  forget_translations();
}

void ForwardingAgent::State::forget_servers() {
  if (unforgotten.servers.empty()) return;
  const std::string why = why_kept(ports.host->forget_servers(unforgotten.servers));
  moved();
  if (!why.empty() && why != servers_kept_told) {
    sys::log(sys::LogLevel::kWarning, "forwarding.servers_kept",
             {{"servers", std::to_string(unforgotten.servers.size())}, {"error", why}});
  }
  servers_kept_told = why;
  if (why.empty()) unforgotten.servers.clear();
}

void ForwardingAgent::State::forget_translations() {
  if (unforgotten.services.empty()) return;
  const std::string why = why_kept(ports.host->forget_connections(unforgotten.services));
  moved();
  if (!why.empty() && why != connections_kept_told) {
    sys::log(sys::LogLevel::kWarning, "forwarding.connections_kept", {{"error", why}});
  }
  connections_kept_told = why;
  if (why.empty()) unforgotten.services.clear();
}

}  // namespace fairlead::agent
