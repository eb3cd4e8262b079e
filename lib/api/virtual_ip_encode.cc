#include <nlohmann/json.hpp>

#include "lib/api/health_check_fields.h"
#include "lib/api/json_write.h"
#include "lib/api/traffic_fields.h"
#include "lib/api/virtual_ip.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{kFairleadVersion, "VirtualIP"};

json server_json(const RealServerSpec& server) {
  json out{{"address", net::to_string(server.address)}, {"weight", server.weight.value()}};
  if (server.port) out["port"] = server.port->value();
  return out;
}

json port_json(const VirtualPort& port) {
  json out{{"port", port.port.value()}, {"protocol", net::to_string(port.protocol)}};
  if (!port.name.empty()) out["name"] = port.name;
  if (port.target_port) out["targetPort"] = port.target_port->value();
  return out;
}

json checks_json(const std::vector<HealthCheck>& checks) {
  json out = json::array();
  for (const auto& check : checks) out.push_back(health_check_json(check));
  return out;
}

json spec_json(const VirtualIPSpec& spec) {
  json out{{"forwarding", to_string(spec.forwarding)},
           {"scheduler", to_string(spec.scheduler)},
           {"onNoEndpoints", spec.on_no_endpoints == OnNoEndpoints::kReject ? "Reject" : "Withdraw"}};
  if (spec.on_unhealthy != OnUnhealthy::kDrain) out["onUnhealthy"] = to_string(spec.on_unhealthy);
  if (spec.health_checks) out["healthChecks"] = checks_json(*spec.health_checks);
  write_traffic(spec.traffic, out);
  for (const auto& address : spec.addresses) out["addresses"].push_back(net::to_string(address));
  if (!spec.pool.empty()) out["pool"] = spec.pool;
  if (!spec.sharing_key.empty()) out["sharingKey"] = spec.sharing_key;
  for (const auto family : spec.ip_families) out["ipFamilies"].push_back(net::to_string(family));
  if (spec.service) out["serviceRef"] = {{"name", *spec.service}};
  const auto& preferred = spec.placement.preferred_nodes;  // what a Service can say of it
  if (!preferred.empty()) out["placement"] = {{"preferredNodes", preferred}};
  for (const auto& server : spec.servers) out["servers"].push_back(server_json(server));
  for (const auto& port : spec.ports) out["ports"].push_back(port_json(port));
  return out;
}

json status_json(const VirtualIPStatus& status) {
  json out{{"observedGeneration", status.observed_generation},
           {"conditions", conditions_json(status.conditions)}};
  if (!status.address.empty()) out["address"] = status.address;
  if (!status.addresses.empty()) out["addresses"] = status.addresses;
  if (!status.groups.empty()) out["groups"] = status.groups;
  if (!status.master.empty()) out["master"] = status.master;
  if (!status.state.empty()) out["state"] = status.state;
  if (!status.reals.empty()) out["reals"] = status.reals;
  if (!status.last_transition) return out;
  const LastTransition& last = *status.last_transition;
  json transition{{"time", time_text(last.time)}, {"to", last.to}, {"reason", last.reason}};
  if (!last.from.empty()) transition["from"] = last.from;
  if (last.outage_ms) transition["outageMs"] = *last.outage_ms;
  out["lastTransition"] = std::move(transition);
  return out;
}

}  // namespace

std::string encode_virtual_ip(const VirtualIP& object) {
  json out = apply_frame(kKind, object.meta);
  add_metadata(object.meta, out);
  out["spec"] = spec_json(object.spec);
  return dump(out);
}

std::string encode_virtual_ip_status(const VirtualIP& object) {
  json out = apply_frame(kKind, object.meta);
  out["status"] = status_json(object.status);
  return dump(out);
}

std::string encode_virtual_ip_finalizers(const VirtualIP& object) {
  json out = apply_frame(kKind, object.meta);
  out["metadata"]["finalizers"] = object.meta.finalizers;
  return dump(out);
}

}  // namespace fairlead::api
