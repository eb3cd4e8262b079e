#include "controller/plan/backends.h"

#include <algorithm>
#include <set>
#include <utility>

#include "controller/plan/endpoints.h"

namespace fairlead::controller {
namespace {

std::vector<api::RealServer> in_order(const Endpoints& endpoints) {
  std::vector<api::RealServer> out;
  for (const auto& [endpoint, real] : endpoints) out.push_back(real);
  return out;
}

api::VirtualServer virtual_server(const api::VirtualIP& virtual_ip, const net::IpAddress& address,
                                  net::Port port, net::Protocol protocol) {
  const api::VirtualIPSpec& spec = virtual_ip.spec;
  api::VirtualServer out{address, port, protocol, spec.scheduler, spec.forwarding, {}};
  // Of Pods readiness is the truth; nothing else tells of machines.
  const bool default_check = !spec.service && protocol == net::Protocol::kTcp;
  if (spec.health_checks)
    out.health_checks = *spec.health_checks;
  else if (default_check)
    out.health_checks.emplace_back();
  out.on_unhealthy = spec.on_unhealthy;
  out.traffic = spec.traffic;
  return out;
}

Backends of_servers(const api::VirtualIP& virtual_ip, const net::IpAddress& address) {
  Backends out;
  for (const auto& port : virtual_ip.spec.ports) {
    auto server = virtual_server(virtual_ip, address, port.port, port.protocol);
    Endpoints reals;
    for (const auto& spec : virtual_ip.spec.servers) {
      if (spec.address.family() != address.family()) continue;
      const net::Port target = spec.port.value_or(port.target_port.value_or(port.port));
      reals.insert({{spec.address, target}, {spec.address, target, spec.weight, "", api::RealState::kReady}});
    }
    server.reals = in_order(reals);
    out.virtual_servers.push_back(std::move(server));
  }
  return out;
}

// KEP-1669: where no endpoint is ready those that still serve take new connections, too. With Local each node
// has its own alone. They stay Draining: once they are not listed their Pods are gone.
void fall_back(api::ExternalTrafficPolicy policy, Endpoints& endpoints) {
  const auto place = [&](const api::RealServer& real) {
    return policy == api::ExternalTrafficPolicy::kLocal ? real.node : "";
  };
  std::set<std::string> ready;
  for (const auto& [endpoint, real] : endpoints) {
    if (real.state == api::RealState::kReady) ready.insert(place(real));
  }
  for (auto& [endpoint, real] : endpoints) {
    if (ready.contains(place(real))) continue;
    real.weight = api::Weight(1);
  }
}

api::ObjectKey service_key(const api::VirtualIP& virtual_ip) {
  return {virtual_ip.meta.namespace_name, *virtual_ip.spec.service};
}

// Of the Service as it was: slice 0 lists every virtual server.
std::vector<api::VirtualServer> remembered(const Belongings& belongings, const api::VirtualIP& virtual_ip,
                                           const net::IpAddress& address) {
  std::vector<api::VirtualServer> out;
  for (const auto* set : those_of(belongings.sets, virtual_ip.meta.uid)) {
    if (set->spec.slice_index != 0) continue;
    for (const auto& server : set->spec.virtual_servers) {
      if (server.address != address) continue;
      out.push_back(virtual_server(virtual_ip, address, server.port, server.protocol));
      out.back().external_traffic_policy = server.external_traffic_policy;
    }
  }
  return out;
}

Backends of_service(const Inputs& inputs, const Belongings& belongings, const api::VirtualIP& virtual_ip,
                    const net::IpAddress& address) {
  Backends out;
  out.problem = service_problem(inputs, virtual_ip);
  if (!out.problem.empty()) {
    out.virtual_servers = remembered(belongings, virtual_ip, address);
    return out;
  }
  const api::ObjectKey key = service_key(virtual_ip);
  const auto& service = inputs.services.at(key);
  for (const auto& port : service.ports) {
    auto server = virtual_server(virtual_ip, address, port.port, port.protocol);
    if (service.external_traffic_local) server.external_traffic_policy = api::ExternalTrafficPolicy::kLocal;
    auto endpoints = endpoints_of(those_of(belongings.slices, key), port, address.family());
    fall_back(server.external_traffic_policy, endpoints);
    endpoints.merge(ending_endpoints_of(those_of(belongings.slices, key), port, address.family()));
    server.reals = in_order(endpoints);
    out.virtual_servers.push_back(std::move(server));
  }
  return out;
}

}  // namespace

std::string service_problem(const Inputs& inputs, const api::VirtualIP& virtual_ip) {
  if (!virtual_ip.spec.service) return "";
  const api::ObjectKey key = service_key(virtual_ip);
  const auto* service = find(inputs.services, key);
  if (service == nullptr) return "Service " + api::to_string(key) + " does not exist";
  if (service->ports.empty()) return "Service " + api::to_string(key) + " has no ports";
  return "";
}

Backends backends(const Inputs& inputs, const Belongings& belongings, const api::VirtualIP& virtual_ip,
                  const net::IpAddress& address) {
  if (virtual_ip.spec.forwarding == api::Forwarding::kDelegate) return {};
  return virtual_ip.spec.service ? of_service(inputs, belongings, virtual_ip, address)
                                 : of_servers(virtual_ip, address);
}

}  // namespace fairlead::controller
