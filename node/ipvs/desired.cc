#include "node/ipvs/desired.h"

namespace fairlead::ipvs {
namespace {

bool hashes(api::Scheduler scheduler) {
  return scheduler == api::Scheduler::kSh || scheduler == api::Scheduler::kMh;
}

Method method_of(api::Forwarding forwarding) {
  return forwarding == api::Forwarding::kDirectRouting ? Method::kDirectRouting : Method::kMasquerade;
}

}  // namespace

Service desired_service(const Key& key, api::Scheduler scheduler) {
  Service service;
  service.scheduler = std::string(api::to_string(scheduler));
  if (hashes(scheduler)) service.flags = kHashFallback;
  service.netmask = key.address.is_v4() ? kIPv4Host : kIPv6Host;
  return service;
}

Table desired(const std::map<Key, plan::VirtualServerPlan>& servers,
              const std::set<api::Scheduler>& missing) {
  Table table;
  for (const auto& [key, server] : servers) {
    Entry& entry = table[key];
    const bool have = !missing.contains(server.scheduler);
    entry.service = desired_service(key, have ? server.scheduler : kFallbackScheduler);
    for (const auto& [endpoint, real] : server.reals) {
      Destination destination;
      destination.method = method_of(server.forwarding);
      destination.weight = Weight{real.weight.value()};
      entry.destinations.emplace(endpoint, destination);
    }
  }
  return table;
}

}  // namespace fairlead::ipvs
