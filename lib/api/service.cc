#include "lib/api/service.h"

#include <nlohmann/json.hpp>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{"v1", "Service"};
constexpr std::size_t kMaxPorts = 1000;
constexpr std::size_t kMaxAddresses = 64;
constexpr std::size_t kMaxRanges = 4096;
constexpr std::size_t kMaxFamilies = 2;

void read_ports(const JsonView& list, std::vector<ServicePort>& out) {
  for (const auto& item : list.items(kMaxPorts)) {
    ServicePort port;
    if (!item.object()) continue;
    item.at("name").read(port.name);
    item.at("port").require();
    read_port(item.at("port"), 1, port.port);
    read_protocol(item.at("protocol"), port.protocol);
    out.push_back(std::move(port));
  }
}

void read_families(const JsonView& spec, Service& out) {
  for (const auto& item : spec.at("ipFamilies").items(kMaxFamilies)) {
    net::Family family = net::Family::kIPv4;
    read_family(item, family);
    out.ip_families.push_back(family);
  }
  std::string policy;
  spec.at("ipFamilyPolicy").read(policy);
  out.needs_dual_stack = policy == "RequireDualStack";
}

// What a Service asks for that would be wrong to leave out in silence.
void read_unbuilt(const JsonView& spec, std::vector<std::string>& out) {
  std::string affinity;
  spec.at("sessionAffinity").read(affinity);
  if (affinity == "ClientIP") out.push_back(spec.at("sessionAffinity").path());
  if (!spec.at("loadBalancerSourceRanges").items(kMaxRanges).empty()) {
    out.push_back(spec.at("loadBalancerSourceRanges").path());
  }
  std::string policy;
  spec.at("externalTrafficPolicy").read(policy);
  if (policy == "Local") out.push_back(spec.at("externalTrafficPolicy").path());
}

void read_status(const JsonView& status, Service& out) {
  if (!status.object()) return;
  for (const auto& item : status.at("loadBalancer").at("ingress").items(kMaxAddresses)) {
    LoadBalancerIngress ingress;
    if (!item.object()) continue;
    item.at("ip").read(ingress.ip);
    item.at("ipMode").read(ingress.ip_mode);
    out.ingress.push_back(std::move(ingress));
  }
  read_conditions(status.at("conditions"), out.conditions);
}

void read_body(const JsonView& root, Service& out) {
  const JsonView spec = root.at("spec");
  if (spec.object()) {
    spec.at("type").read(out.type);
    spec.at("loadBalancerClass").read(out.load_balancer_class);
    read_ports(spec.at("ports"), out.ports);
    spec.at("clusterIPs").read(out.cluster_ips, kMaxAddresses);
    read_families(spec, out);
    spec.at("loadBalancerIP").read(out.load_balancer_ip);
    read_unbuilt(spec, out.not_yet_supported);
  }
  read_status(root.at("status"), out);
}

}  // namespace

Decoded<Service> decode_service(std::string_view text) {
  return decode_object<Service>(text, kKind, read_body);
}

std::string encode_service_status(const Service& object) {
  json out = apply_frame(kKind, object.meta);
  json balancer = json::object();
  for (const auto& ingress : object.ingress) {
    json entry{{"ip", ingress.ip}};
    if (!ingress.ip_mode.empty()) entry["ipMode"] = ingress.ip_mode;
    balancer["ingress"].push_back(std::move(entry));
  }
  out["status"]["loadBalancer"] = std::move(balancer);
  if (!object.conditions.empty()) out["status"]["conditions"] = conditions_json(object.conditions);
  return dump(out);
}

}  // namespace fairlead::api
