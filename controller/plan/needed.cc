#include "controller/plan/needed.h"

#include <algorithm>
#include <utility>

#include "controller/plan/services.h"

namespace fairlead::controller {
namespace {

api::ObjectMeta in_short(api::ObjectMeta meta) {
  meta.generation = 0;
  meta.annotations.clear();
  meta.finalizers.clear();
  meta.owner_references.clear();
  return meta;
}

}  // namespace

api::Node needed(api::Node node) {
  node.meta = in_short(std::move(node.meta));
  return node;
}

api::Namespace needed(api::Namespace home) {
  home.meta = in_short(std::move(home.meta));
  return home;
}

api::EndpointSlice needed(api::EndpointSlice slice) {
  slice.meta = in_short(std::move(slice.meta));
  slice.meta.labels.clear();
  std::erase_if(slice.endpoints,
                [](const auto& endpoint) { return !endpoint.ready && !endpoint.terminating; });
  return slice;
}

api::Service needed(api::Service service, const Settings& settings) {
  if (is_ours(service, settings) || service.status_is_ours) return service;
  api::Service out;
  out.meta = in_short(std::move(service.meta));
  out.type = std::move(service.type);
  out.load_balancer_class = std::move(service.load_balancer_class);
  out.ports = std::move(service.ports);
  out.too_many_ports = service.too_many_ports;
  out.cluster_ips = std::move(service.cluster_ips);
  out.ip_families = std::move(service.ip_families);
  out.needs_dual_stack = service.needs_dual_stack;
  out.external_traffic_local = service.external_traffic_local;
  return out;
}

}  // namespace fairlead::controller
