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

Service desired_service(const Key& key, const plan::VirtualServerPlan& server,
                        const std::set<api::Scheduler>& missing) {
  const bool have = !missing.contains(server.scheduler);
  return desired_service(key, have ? server.scheduler : kFallbackScheduler);
}

Entry desired_entry(const Key& key, const plan::VirtualServerPlan& server,
                    const std::set<api::Scheduler>& missing) {
  Entry entry;
  entry.service = desired_service(key, server, missing);
  for (const auto& [endpoint, real] : server.reals) {
    Destination destination;
    destination.method = method_of(server.forwarding);
    destination.weight = Weight{real.weight.value()};
    entry.destinations.emplace(endpoint, destination);
  }
  return entry;
}

Table desired(const std::map<Key, plan::VirtualServerPlan>& servers,
              const std::set<api::Scheduler>& missing) {
  Table table;
  for (const auto& [key, server] : servers) table.emplace(key, desired_entry(key, server, missing));
  return table;
}

}  // namespace fairlead::ipvs
