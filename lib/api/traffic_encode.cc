#include <nlohmann/json.hpp>
#include <string>

#include "lib/api/traffic_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

json persistence_json(const Persistence& persistence) {
  json out = json::object();
  out["timeoutSeconds"] = persistence.timeout.count();
  if (persistence.prefix_length) out["prefixLength"] = *persistence.prefix_length;
  return out;
}

}  // namespace

void write_traffic(const Traffic& traffic, json& spec) {
  const Traffic standard;
  if (traffic.scheduler_flags.sh_port) spec["schedulerFlags"].push_back("sh-port");
  if (traffic.scheduler_flags.mh_port) spec["schedulerFlags"].push_back("mh-port");
  if (traffic.persistence) spec["persistence"] = persistence_json(*traffic.persistence);
  for (const auto& range : traffic.source_ranges) spec["sourceRanges"].push_back(net::to_string(range));
  const ConnectionLimits& limits = traffic.connection_limits;
  if (!(limits == standard.connection_limits)) {
    spec["connectionLimits"] = {{"upper", limits.upper}, {"lower", limits.lower}};
  }
  if (traffic.one_packet) spec["onePacket"] = true;
  if (traffic.drain != standard.drain) spec["drainSeconds"] = traffic.drain.count();
  if (!(traffic.tunnel == standard.tunnel)) {
    spec["tunnel"] = {{"type", to_string(traffic.tunnel.type)}, {"port", traffic.tunnel.port.value()}};
  }
}

}  // namespace fairlead::api
