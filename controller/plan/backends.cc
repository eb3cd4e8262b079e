#include "controller/plan/backends.h"

#include <algorithm>
#include <map>
#include <utility>

namespace fairlead::controller {
namespace {

using Reals = std::map<net::Endpoint, api::RealServer>;

std::vector<api::RealServer> in_order(const Reals& reals) {
  std::vector<api::RealServer> out;
  for (const auto& [endpoint, real] : reals) out.push_back(real);
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
  return out;
}

Backends of_servers(const api::VirtualIP& virtual_ip, const net::IpAddress& address) {
  Backends out;
  for (const auto& port : virtual_ip.spec.ports) {
    auto server = virtual_server(virtual_ip, address, port.port, port.protocol);
    Reals reals;
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

void add_endpoint(const api::SliceEndpoint& endpoint, net::Port port, Reals& reals) {
  const bool draining = !endpoint.ready && endpoint.serving && endpoint.terminating;
  if (!endpoint.ready && !draining) return;
  for (const auto& text : endpoint.addresses) {
    const auto address = net::parse_address(text);
    if (!address) continue;
    const api::RealServer real{*address, port, api::Weight(draining ? 0 : 1), endpoint.node_name,
                               draining ? api::RealState::kDraining : api::RealState::kReady};
    const auto [entry, added] = reals.insert({{*address, port}, real});
    if (!added && !draining) entry->second = real;  // listed twice while it moves between slices
  }
}

// KEP-1669: where no endpoint is ready those that still serve take new connections, too.
void fall_back(Reals& reals) {
  const auto ready = [](const auto& entry) { return entry.second.state == api::RealState::kReady; };
  if (std::any_of(reals.begin(), reals.end(), ready)) return;
  for (auto& [endpoint, real] : reals) {
    real.weight = api::Weight(1);
    real.state = api::RealState::kReady;
  }
}

Reals of_slices(const Belongings& belongings, const api::ObjectKey& service, const api::ServicePort& port,
                net::Family family) {
  Reals out;
  for (const auto* slice : those_of(belongings.slices, service)) {
    if (slice->address_type != net::to_string(family) || slice->meta.deleting) continue;
    for (const auto& slice_port : slice->ports) {
      const bool same = slice_port.name == port.name && slice_port.protocol == port.protocol;
      if (!same || slice_port.port.value() == 0) continue;
      for (const auto& endpoint : slice->endpoints) add_endpoint(endpoint, slice_port.port, out);
    }
  }
  fall_back(out);
  return out;
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
      if (server.address == address)
        out.push_back(virtual_server(virtual_ip, address, server.port, server.protocol));
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
  for (const auto& port : inputs.services.at(key).ports) {
    auto server = virtual_server(virtual_ip, address, port.port, port.protocol);
    server.reals = in_order(of_slices(belongings, key, port, address.family()));
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
