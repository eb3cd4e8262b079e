#include <nlohmann/json.hpp>

#include "lib/api/health_check_fields.h"
#include "lib/api/json_write.h"
#include "lib/api/real_server_set.h"
#include "lib/api/traffic_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{kFairleadVersion, "RealServerSet"};

json real_json(const RealServer& real) {
  json out{{"address", net::to_string(real.address)},
           {"port", real.port.value()},
           {"weight", real.weight.value()},
           {"state", real.state == RealState::kReady ? "Ready" : "Draining"}};
  if (!real.node.empty()) out["node"] = real.node;
  return out;
}

json virtual_server_json(const VirtualServer& server) {
  json out{{"address", net::to_string(server.address)},   {"port", server.port.value()},
           {"protocol", net::to_string(server.protocol)}, {"scheduler", to_string(server.scheduler)},
           {"forwarding", to_string(server.forwarding)},  {"reals", json::array()}};
  for (const auto& real : server.reals) out["reals"].push_back(real_json(real));
  for (const auto& check : server.health_checks) out["healthChecks"].push_back(health_check_json(check));
  if (server.on_unhealthy != OnUnhealthy::kDrain) out["onUnhealthy"] = to_string(server.on_unhealthy);
  if (server.external_traffic_policy == ExternalTrafficPolicy::kLocal) out["externalTrafficPolicy"] = "Local";
  write_traffic(server.traffic, out);
  return out;
}

}  // namespace

std::string encode_real_server_set(const RealServerSet& object) {
  json out = apply_frame(kKind, object.meta);
  add_metadata(object.meta, out);
  json& spec = out["spec"];
  spec["group"] = object.spec.group;
  spec["slice"] = {{"index", object.spec.slice_index}, {"count", object.spec.slice_count}};
  spec["virtualServers"] = json::array();
  for (const auto& server : object.spec.virtual_servers) {
    spec["virtualServers"].push_back(virtual_server_json(server));
  }
  return dump(out);
}

std::string encode_real_server_set_member(const ObjectKey& key, const RealServerSetMember& entry) {
  json out = apply_frame(kKind, key);
  out["status"]["members"].push_back({{"node", entry.node},
                                      {"up", entry.up},
                                      {"total", entry.total},
                                      {"observedGeneration", entry.observed_generation}});
  return dump(out);
}

}  // namespace fairlead::api
