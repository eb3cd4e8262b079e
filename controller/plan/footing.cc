#include "controller/plan/footing.h"

#include <algorithm>

#include "controller/plan/endpoints.h"

namespace fairlead::controller {
namespace {

// Nodes of the endpoints of one family, by what these are good for.
struct Found {
  Footing::Nodes ready;
  Footing::Nodes draining;
  bool some = false;
};

Found find_nodes(const Belongings& belongings, const api::ObjectKey& key, const api::Service& service,
                 net::Family family) {
  Found out;
  for (const auto& port : service.ports) {
    for (const auto& [endpoint, real] : endpoints_of(those_of(belongings.slices, key), port, family)) {
      out.some = true;
      if (real.node.empty()) continue;
      (real.state == api::RealState::kReady ? out.ready : out.draining).insert(real.node);
    }
  }
  return out;
}

Footing footing_of(const Inputs& inputs, const Belongings& belongings, const api::ObjectKey& key) {
  Footing out;
  const auto* service = find(inputs.services, key);
  if (service == nullptr) return out;
  if (service->external_traffic_local) out.local_nodes.emplace();
  for (const auto family : {net::Family::kIPv4, net::Family::kIPv6}) {
    const Found found = find_nodes(belongings, key, *service, family);
    if (found.some) out.served.insert(family);
    const auto& nodes = found.ready.empty() ? found.draining : found.ready;
    if (out.local_nodes && !nodes.empty()) out.local_nodes->insert({family, nodes});
  }
  return out;
}

bool depends(const Inputs& inputs, const api::VirtualIP& virtual_ip, const api::ObjectKey& key) {
  if (virtual_ip.spec.on_no_endpoints == api::OnNoEndpoints::kWithdraw) return true;
  const auto* service = find(inputs.services, key);
  return service != nullptr && service->external_traffic_local;
}

}  // namespace

Footings footings(const Inputs& inputs, const Belongings& belongings) {
  Footings out;
  for (const auto& [name, virtual_ip] : inputs.virtual_ips) {
    if (!virtual_ip.spec.service) continue;
    const api::ObjectKey key{name.namespace_name, *virtual_ip.spec.service};
    if (out.contains(key) || !depends(inputs, virtual_ip, key)) continue;
    out.insert({key, footing_of(inputs, belongings, key)});
  }
  return out;
}

bool shifts(const Inputs& inputs, const Footings& known, const std::set<api::ObjectKey>& services) {
  std::set<api::ObjectKey> asked;
  for (const auto& service : services) {
    if (known.contains(service)) asked.insert(service);
  }
  if (asked.empty()) return false;  // of most: no look at the EndpointSlices
  const Belongings belongings(inputs, asked, {});
  return std::any_of(asked.begin(), asked.end(), [&](const auto& service) {
    return footing_of(inputs, belongings, service) != known.at(service);
  });
}

}  // namespace fairlead::controller
