#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/net/endpoint.h"

// The parts of core/v1 Service, discovery.k8s.io/v1 EndpointSlice and core/v1 Node that Fairlead reads.
namespace fairlead::api {

// Under this name the controller applies.
inline constexpr const char* kControllerManager = "fairlead-controller";

inline constexpr std::size_t kMostServicePorts = 256;  // as many virtual servers as one RealServerSet lists

struct ServicePort {
  std::string name;
  net::Port port{0};
  net::Protocol protocol = net::Protocol::kTcp;
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct LoadBalancerIngress {
  std::string ip;
  std::string ip_mode;  // "VIP", "Proxy" or empty
  friend bool operator==(const LoadBalancerIngress&, const LoadBalancerIngress&) = default;
};

struct Service {
  ObjectMeta meta;
  std::string type;                 // "LoadBalancer", "ClusterIP", ...
  std::string load_balancer_class;  // empty if unset
  std::vector<ServicePort> ports;   // each port and protocol once; empty with too_many_ports
  std::size_t too_many_ports = 0;   // how many, of a Service with more than kMostServicePorts
  std::vector<std::string> cluster_ips;
  std::vector<net::Family> ip_families;
  bool needs_dual_stack = false;             // spec.ipFamilyPolicy: RequireDualStack
  std::string load_balancer_ip;              // spec.loadBalancerIP, deprecated; empty if unset
  std::vector<LoadBalancerIngress> ingress;  // status.loadBalancer.ingress
  std::vector<Condition> conditions;         // status.conditions
  bool status_is_ours = false;               // in part: metadata.managedFields names kControllerManager
  // spec.sessionAffinity ClientIP: how long a client keeps its real server. Absent: None.
  std::optional<Seconds> client_ip_affinity;
  std::vector<std::string> source_ranges;  // spec.loadBalancerSourceRanges, as written
  bool external_traffic_local = false;     // spec.externalTrafficPolicy: Local
  friend bool operator==(const Service&, const Service&) = default;
};
Decoded<Service> decode_service(std::string_view json);
// Apply body for the `status` subresource, manager fairlead-controller: ingress and conditions, and
// metadata.resourceVersion if set (K-27). No ingress: the list is given up. The server keeps whole seconds
// of a condition's time only, so round down before comparing.
std::string encode_service_status(const Service& object);

// The same of a Service that is ours no more: all that we wrote of its status goes, and nothing of others.
std::string encode_service_given_up(const Service& object);

// Ready: new connections. Terminating: weight 0 (KEP-1669). Others: not listed.
struct SliceEndpoint {
  std::vector<std::string> addresses;
  bool ready = true;    // absent means true
  bool serving = true;  // absent means ready
  bool terminating = false;
  std::string node_name;
  friend bool operator==(const SliceEndpoint&, const SliceEndpoint&) = default;
};
struct SlicePort {
  std::string name;
  net::Port port{0};  // 0: absent
  net::Protocol protocol = net::Protocol::kTcp;
  friend bool operator==(const SlicePort&, const SlicePort&) = default;
};
struct EndpointSlice {
  ObjectMeta meta;
  std::string service_name;  // label kubernetes.io/service-name
  std::string address_type;  // "IPv4", "IPv6", "FQDN"
  std::vector<SliceEndpoint> endpoints;
  std::vector<SlicePort> ports;
  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};
Decoded<EndpointSlice> decode_endpoint_slice(std::string_view json);

struct Taint {
  std::string key;
  std::string effect;
  friend bool operator==(const Taint&, const Taint&) = default;
};
struct Node {
  ObjectMeta meta;
  bool ready = false;                // condition Ready is True
  bool network_unavailable = false;  // condition NetworkUnavailable is True
  bool unschedulable = false;        // cordoned
  std::vector<Taint> taints;
  std::vector<std::string> internal_ips;  // and those of type ExternalIP: they are no less its own
  std::vector<std::string> pod_cidrs;
  friend bool operator==(const Node&, const Node&) = default;
};
Decoded<Node> decode_node(std::string_view json);

}  // namespace fairlead::api
