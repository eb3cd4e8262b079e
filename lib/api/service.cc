#include "lib/api/service.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{"v1", "Service"};
constexpr std::size_t kMaxPorts = 100000;  // no object of 1.5 MB has more
constexpr std::size_t kMaxAddresses = 64;
constexpr std::size_t kMaxRanges = 200000;   // the same
constexpr std::size_t kMaxIngress = 100000;  // the same
constexpr std::size_t kMaxManagers = 10000;
constexpr std::size_t kMaxFamilies = 2;
constexpr std::int64_t kAffinitySeconds = 10800;  // both as Kubernetes has them
constexpr std::int64_t kMaxAffinitySeconds = 86400;

void read_ports(const JsonView& list, Service& out) {
  const auto items = list.items(kMaxPorts);
  if (items.size() > kMostServicePorts) {
    out.too_many_ports = items.size();
    return;
  }
  std::set<std::pair<net::Port, net::Protocol>> seen;
  for (const auto& item : items) {
    ServicePort port;
    if (!item.object()) continue;
    item.at("name").read(port.name);
    item.at("port").require();
    const bool known = read_port(item.at("port"), 1, port.port);
    read_protocol(item.at("protocol"), port.protocol);
    if (known && !seen.insert({port.port, port.protocol}).second) {
      item.problem("must be unique by port and protocol, got " + std::to_string(port.port.value()) + "/" +
                   std::string(net::to_string(port.protocol)) + " again");
    }
    out.ports.push_back(std::move(port));
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

void read_traffic(const JsonView& spec, Service& out) {
  std::string affinity;
  spec.at("sessionAffinity").read(affinity);
  if (affinity == "ClientIP") {
    std::int64_t timeout = kAffinitySeconds;
    const JsonView config = spec.at("sessionAffinityConfig");
    if (config.object() && config.at("clientIP").object()) {
      config.at("clientIP").at("timeoutSeconds").read(1, kMaxAffinitySeconds, timeout);
    }
    out.client_ip_affinity = Seconds(timeout);
  }
  spec.at("loadBalancerSourceRanges").read(out.source_ranges, kMaxRanges);
  std::string policy;
  spec.at("externalTrafficPolicy").read(policy);
  out.external_traffic_local = policy == "Local";
}

void read_status(const JsonView& status, Service& out) {
  if (!status.object()) return;
  for (const auto& item : status.at("loadBalancer").at("ingress").items(kMaxIngress)) {
    LoadBalancerIngress ingress;
    if (!item.object()) continue;
    item.at("ip").read(ingress.ip);
    item.at("ipMode").read(ingress.ip_mode);
    out.ingress.push_back(std::move(ingress));
  }
  read_conditions(status.at("conditions"), out.conditions);
}

void read_managers(const JsonView& list, Service& out) {
  for (const auto& item : list.items(kMaxManagers)) {
    std::string manager;
    std::string subresource;
    item.at("manager").read(manager);
    item.at("subresource").read(subresource);
    if (manager == kControllerManager && subresource == "status") out.status_is_ours = true;
  }
}

void read_body(const JsonView& root, Service& out) {
  const JsonView spec = root.at("spec");
  if (spec.object()) {
    spec.at("type").read(out.type);
    spec.at("loadBalancerClass").read(out.load_balancer_class);
    read_ports(spec.at("ports"), out);
    spec.at("clusterIPs").read(out.cluster_ips, kMaxAddresses);
    read_families(spec, out);
    spec.at("loadBalancerIP").read(out.load_balancer_ip);
    read_traffic(spec, out);
  }
  read_status(root.at("status"), out);
  read_managers(root.at("metadata").at("managedFields"), out);
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

std::string encode_service_given_up(const Service& object) { return dump(apply_frame(kKind, object.meta)); }

}  // namespace fairlead::api
