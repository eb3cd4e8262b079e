#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/health_check.h"
#include "lib/api/label_selector.h"
#include "lib/api/meta.h"
#include "lib/api/traffic.h"
#include "lib/net/endpoint.h"
#include "lib/net/prefix.h"

// VirtualIP (fairlead.dev/v1alpha1, namespaced): the user's object. Fields: reference api.md.
namespace fairlead::api {

// 0..65535. 0: no new connections.
using Weight = Strong<struct WeightTag, std::uint16_t>;

enum class Forwarding { kNat, kDirectRouting, kTunnel, kDelegate };
std::string_view to_string(Forwarding forwarding);  // "NAT", "DirectRouting", "Tunnel", "Delegate"

// The kernel's scheduler names, as in api.md.
enum class Scheduler { kRr, kWrr, kLc, kWlc, kSed, kNq, kSh, kMh, kDh, kLblc, kLblcr, kFo, kOvf, kTwos };
std::string_view to_string(Scheduler scheduler);
Result<Scheduler> parse_scheduler(std::string_view text);
Result<Forwarding> parse_forwarding(std::string_view text);

enum class OnNoEndpoints { kReject, kWithdraw };

struct RealServerSpec {
  net::IpAddress address;
  std::optional<net::Port> port;  // absent: the port's targetPort
  Weight weight{1};
  friend bool operator==(const RealServerSpec&, const RealServerSpec&) = default;
};

struct VirtualPort {
  std::string name;
  net::Port port{0};
  std::optional<net::Port> target_port;  // absent: port
  net::Protocol protocol = net::Protocol::kTcp;
  friend bool operator==(const VirtualPort&, const VirtualPort&) = default;
};

// Which of the pool's nodes hold its addresses.
struct NodePlacement {
  LabelSelector node_selector;               // besides the pool's
  std::vector<std::string> preferred_nodes;  // the first is to be Master, each once
  friend bool operator==(const NodePlacement&, const NodePlacement&) = default;
};

struct VirtualIPSpec {
  std::vector<net::IpAddress> addresses;  // at most one per family; the others of ip_families are allocated
  std::string pool;                       // empty: any admitted pool
  // Each once, and those of `addresses` among them. Empty: those of `addresses`, else the Service's, else
  // IPv4.
  std::vector<net::Family> ip_families;
  std::string sharing_key;             // who has the same may have the same address; empty: nobody may
  std::optional<std::string> service;  // serviceRef.name
  std::vector<RealServerSpec> servers;
  std::vector<VirtualPort> ports;
  Forwarding forwarding = Forwarding::kNat;
  Scheduler scheduler = Scheduler::kWlc;
  // Absent is not empty: then `servers` get one tcp check, and Pods none.
  std::optional<std::vector<HealthCheck>> health_checks;
  OnUnhealthy on_unhealthy = OnUnhealthy::kDrain;
  Traffic traffic;
  OnNoEndpoints on_no_endpoints = OnNoEndpoints::kReject;
  NodePlacement placement;
  // Names of fields that are set away from their default but not built yet ("spec.quorum",
  // "spec.addresses[1] (IPv6 with forwarding Tunnel)"), in api.md's order: Accepted=False, NotYetSupported.
  std::vector<std::string> not_yet_supported;
  friend bool operator==(const VirtualIPSpec&, const VirtualIPSpec&) = default;
};

struct LastTransition {
  WallTime time{};
  std::string from;
  std::string to;
  std::string reason;
  std::optional<std::int64_t> outage_ms;
  friend bool operator==(const LastTransition&, const LastTransition&) = default;
};

enum class VipState { kPending, kReady, kDegraded, kNoMaster, kSplit, kRejected };
std::string_view to_string(VipState state);

struct VirtualIPStatus {
  std::int64_t observed_generation = 0;
  std::string address;
  std::vector<std::string> addresses;
  std::vector<std::string> groups;
  std::string master;
  std::string state;  // text of VipState; empty before the first report
  std::string reals;  // "up/total"
  std::optional<LastTransition> last_transition;
  std::vector<Condition> conditions;
  friend bool operator==(const VirtualIPStatus&, const VirtualIPStatus&) = default;
};

struct VirtualIP {
  ObjectMeta meta;
  VirtualIPSpec spec;
  VirtualIPStatus status;
  friend bool operator==(const VirtualIP&, const VirtualIP&) = default;
};

// Reads and checks one VirtualIP, repeating every check of the CRD's schema (K: validation twice).
Decoded<VirtualIP> decode_virtual_ip(std::string_view json);

// Bodies for server-side apply (application/apply-patch+yaml; JSON is YAML).
// encode_virtual_ip: metadata (name, namespace, labels, ownerReferences, finalizers) and the spec fields
// that a Service yields. encode_virtual_ip_status: status only, with metadata.resourceVersion if set (K-27).
std::string encode_virtual_ip(const VirtualIP& object);
std::string encode_virtual_ip_status(const VirtualIP& object);
// An apply of the finalizer list alone (K-30); an empty list lets the object go. Needs a field manager of
// its own where encode_virtual_ip is applied to the same object: an apply gives up what it leaves out.
std::string encode_virtual_ip_finalizers(const VirtualIP& object);

inline constexpr std::string_view kReleaseFinalizer = "fairlead.dev/release";

}  // namespace fairlead::api
