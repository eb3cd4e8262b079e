#include "node/ipvs/desired.h"

namespace fairlead::ipvs {
namespace {

// A flag of another scheduler than its own would mean something else to the kernel.
Flags flags_of(api::Scheduler scheduler, const api::SchedulerFlags& asked) {
  const bool sh = scheduler == api::Scheduler::kSh;
  const bool mh = scheduler == api::Scheduler::kMh;
  if (!sh && !mh) return kNoFlags;
  const bool port = sh ? asked.sh_port : asked.mh_port;
  return port ? kHashFallback | kHashPort : kHashFallback;
}

Method method_of(api::Forwarding forwarding) {
  return forwarding == api::Forwarding::kDirectRouting ? Method::kDirectRouting : Method::kMasquerade;
}

}  // namespace

Service desired_service(const Key& key, api::Scheduler scheduler, const api::Traffic& traffic) {
  Service service;
  service.scheduler = std::string(api::to_string(scheduler));
  service.flags = flags_of(scheduler, traffic.scheduler_flags);
  if (traffic.one_packet) service.flags = service.flags | kOnePacket;
  service.netmask = make_netmask(key.address.family(), key.address.bits());
  if (!traffic.persistence) return service;
  const api::Persistence& persistence = *traffic.persistence;
  service.flags = service.flags | kPersistent;
  service.persistence_timeout = persistence.timeout;
  if (persistence.prefix_length) {
    service.netmask = make_netmask(key.address.family(), *persistence.prefix_length);
  }
  return service;
}

Service desired_service(const Key& key, const plan::VirtualServerPlan& server,
                        const std::set<api::Scheduler>& missing) {
  const bool have = !missing.contains(server.scheduler);
  return desired_service(key, have ? server.scheduler : kFallbackScheduler, server.traffic);
}

Entry desired_entry(const Key& key, const plan::VirtualServerPlan& server,
                    const std::set<api::Scheduler>& missing) {
  Entry entry;
  entry.service = desired_service(key, server, missing);
  const api::ConnectionLimits& limits = server.traffic.connection_limits;
  for (const auto& [endpoint, real] : server.reals) {
    Destination destination;
    destination.method = method_of(server.forwarding);
    destination.weight = Weight{real.weight.value()};
    destination.upper_threshold = static_cast<std::uint32_t>(limits.upper);
    destination.lower_threshold = static_cast<std::uint32_t>(limits.lower);
    entry.destinations.emplace(endpoint, destination);
  }
  return entry;
}

}  // namespace fairlead::ipvs
