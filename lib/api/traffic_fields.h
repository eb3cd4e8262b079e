#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/json_view.h"
#include "lib/api/traffic.h"
#include "lib/api/virtual_ip.h"

// Internal to lib/api: the fields that VirtualIP.spec and RealServerSet.spec.virtualServers[] have in common
// (api.md, VirtualIP). Those whose behaviour is not built yet are checked all the same, and their paths go
// into `not_yet_supported` where they differ from the default.
namespace fairlead::api {

void read_scheduler(const JsonView& view, Scheduler& out);
void read_forwarding(const JsonView& view, Forwarding& out);

void read_on_unhealthy(const JsonView& view, OnUnhealthy& out);

// What the checks of the other fields depend on.
struct TrafficFrame {
  Forwarding forwarding;
  Scheduler scheduler;
  bool udp_only;                   // every port of this virtual server is UDP
  std::set<net::Family> families;  // that the virtual addresses have; empty: not known
};
struct TrafficOptions {
  Traffic traffic;                                        // those that are not built yet, too
  std::optional<std::vector<HealthCheck>> health_checks;  // absent: not given
  OnUnhealthy on_unhealthy = OnUnhealthy::kDrain;
};
// schedulerFlags, persistence, sourceRanges, connectionLimits, onePacket, healthChecks, onUnhealthy, quorum,
// hysteresis, sorryServer, minHealthyPercent, drainSeconds, tunnel of the object `spec`.
TrafficOptions read_traffic_options(const JsonView& spec, const TrafficFrame& frame,
                                    std::vector<std::string>& not_yet_supported);
// The other way round: adds to the object `spec` what differs from the default.
void write_traffic(const Traffic& traffic, nlohmann::json& spec);

}  // namespace fairlead::api
