#include "controller/plan/endpoints.h"

namespace fairlead::controller {
namespace {

using Choice = bool (*)(const api::SliceEndpoint&);

bool serves(const api::SliceEndpoint& endpoint) {
  return endpoint.ready || (endpoint.serving && endpoint.terminating);
}

bool is_ending(const api::SliceEndpoint& endpoint) { return endpoint.terminating && !serves(endpoint); }

void add_endpoint(const api::SliceEndpoint& endpoint, net::Port port, Endpoints& out) {
  const bool draining = !endpoint.ready;
  for (const auto& text : endpoint.addresses) {
    const auto address = net::parse_address(text);
    if (!address) continue;
    const api::RealServer real{*address, port, api::Weight(draining ? 0 : 1), endpoint.node_name,
                               draining ? api::RealState::kDraining : api::RealState::kReady};
    const auto [entry, added] = out.insert({{*address, port}, real});
    if (!added && !draining) entry->second = real;  // listed twice while it moves between slices
  }
}

Endpoints chosen(const std::vector<const api::EndpointSlice*>& slices, const api::ServicePort& port,
                 net::Family family, Choice choice) {
  Endpoints out;
  for (const auto* slice : slices) {
    if (slice->address_type != net::to_string(family) || slice->meta.deleting) continue;
    for (const auto& slice_port : slice->ports) {
      const bool same = slice_port.name == port.name && slice_port.protocol == port.protocol;
      if (!same || slice_port.port.value() == 0) continue;
      for (const auto& endpoint : slice->endpoints) {
        if (choice(endpoint)) add_endpoint(endpoint, slice_port.port, out);
      }
    }
  }
  return out;
}

}  // namespace

Endpoints endpoints_of(const std::vector<const api::EndpointSlice*>& slices, const api::ServicePort& port,
                       net::Family family) {
  return chosen(slices, port, family, serves);
}

Endpoints ending_endpoints_of(const std::vector<const api::EndpointSlice*>& slices,
                              const api::ServicePort& port, net::Family family) {
  return chosen(slices, port, family, is_ending);
}

}  // namespace fairlead::controller
