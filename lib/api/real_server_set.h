#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/api/virtual_ip.h"
#include "lib/net/endpoint.h"

// RealServerSet (fairlead.dev/v1alpha1, namespaced): virtual servers with their real servers. api.md.
namespace fairlead::api {

// With DirectRouting every real server listens on the virtual server's own port. All virtual servers of one
// address have the same forwarding (datapath.md 5: what untracks NAT breaks the rest, and the other way
// round).

enum class RealState { kReady, kDraining };

// A Service's externalTrafficPolicy, where Fairlead forwards. Local: a node uses the real servers that run on
// itself, and no other; one of which it is not known where it runs is nobody's.
enum class ExternalTrafficPolicy { kCluster, kLocal };

struct RealServer {
  net::IpAddress address;
  net::Port port{0};
  Weight weight{1};  // Draining: 0, if it is not said
  std::string node;  // where the endpoint runs, if known
  RealState state = RealState::kReady;
  friend bool operator==(const RealServer&, const RealServer&) = default;
};

struct VirtualServer {
  net::IpAddress address;
  net::Port port{0};
  net::Protocol protocol = net::Protocol::kTcp;
  Scheduler scheduler = Scheduler::kWlc;
  Forwarding forwarding = Forwarding::kNat;
  std::vector<RealServer> reals;             // sorted by address, port
  std::vector<HealthCheck> health_checks{};  // all must pass; none: every real server counts as up
  OnUnhealthy on_unhealthy = OnUnhealthy::kDrain;
  ExternalTrafficPolicy external_traffic_policy = ExternalTrafficPolicy::kCluster;
  Traffic traffic{};
  friend bool operator==(const VirtualServer&, const VirtualServer&) = default;
};

struct RealServerSetSpec {
  std::string group;
  int slice_index = 0;
  int slice_count = 1;
  std::vector<VirtualServer> virtual_servers;
  std::vector<std::string> not_yet_supported;
  friend bool operator==(const RealServerSetSpec&, const RealServerSetSpec&) = default;
};

// One entry of status.members; only the group's Master writes its own.
struct RealServerSetMember {
  std::string node;
  int up = 0;
  int total = 0;
  std::int64_t observed_generation = 0;
  friend bool operator==(const RealServerSetMember&, const RealServerSetMember&) = default;
};

struct RealServerSet {
  ObjectMeta meta;
  RealServerSetSpec spec;
  std::vector<RealServerSetMember> members;  // status.members
  friend bool operator==(const RealServerSet&, const RealServerSet&) = default;
};

Decoded<RealServerSet> decode_real_server_set(std::string_view json);
// As a person writes it into a file: apiVersion and kind must be there, and unknown fields are problems.
Decoded<RealServerSet> decode_written_real_server_set(std::string_view json);
std::string encode_real_server_set(const RealServerSet& object);  // apply body: metadata and spec
std::string encode_real_server_set_member(const ObjectKey& key, const RealServerSetMember& entry);

}  // namespace fairlead::api
