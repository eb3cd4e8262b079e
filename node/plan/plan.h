#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "node/vrrp/types.h"

// The Plan: everything one node has to apply, checked, as values. Made by make_plan from VRRPGroups and
// RealServerSets (API or checkpoint); the vrrp thread carries out its groups, the forwarding thread its
// virtual servers. Nothing here can be wrong in itself.
namespace fairlead::plan {

// Identity and order of a source object (api.md, Release: plans are ordered per UID).
struct Version {
  std::string uid;
  std::int64_t generation = 0;
  std::int64_t config_epoch = 1;
  friend bool operator==(const Version&, const Version&) = default;
};

// One virtual router as this node must run it.
struct GroupPlan {
  std::string name;
  Version version;
  net::Family family = net::Family::kIPv4;
  vrrp::VirtualRouterId virtual_router_id{1};
  std::string interface;  // this member's
  vrrp::Priority priority{100};
  vrrp::Centiseconds advertise_interval{100};
  bool preempt = true;
  Seconds preempt_delay{0};
  api::Checksum checksum = api::Checksum::kRfc9568;  // the form we send
  std::set<net::IpAddress> addresses;                // in the advert's order: ascending
  // ADI_min: the smallest Active_Down_Interval any other member can have (failure-model.md 1.2).
  Microseconds min_active_down_interval{0};
  std::optional<Seconds> fence_lifetime;  // raises the lifetime computed from ADI_min
  friend bool operator==(const GroupPlan&, const GroupPlan&) = default;
};

// What names a virtual server in the kernel's IPVS table.
struct VirtualServerKey {
  net::IpAddress address;
  net::Protocol protocol = net::Protocol::kTcp;
  net::Port port{0};
  friend auto operator<=>(const VirtualServerKey&, const VirtualServerKey&) = default;
};
std::string to_string(const VirtualServerKey& key);  // "TCP 192.0.2.100:80"

struct RealServerPlan {
  api::Weight weight{1};  // draining servers: 0
  friend bool operator==(const RealServerPlan&, const RealServerPlan&) = default;
};

struct VirtualServerPlan {
  std::string group;
  api::Forwarding forwarding = api::Forwarding::kNat;
  api::Scheduler scheduler = api::Scheduler::kWlc;
  std::map<net::Endpoint, RealServerPlan> reals;
  friend bool operator==(const VirtualServerPlan&, const VirtualServerPlan&) = default;
};

// How many servers of one RealServerSet this node serves with; for its status entry and the VIP's REALS.
struct SetPlan {
  Version version;
  std::string group;
  std::vector<VirtualServerKey> servers;
  friend bool operator==(const SetPlan&, const SetPlan&) = default;
};

struct Plan {
  std::map<std::string, GroupPlan> groups;
  std::map<VirtualServerKey, VirtualServerPlan> virtual_servers;  // NAT only; Delegate VIPs have none
  std::map<api::ObjectKey, SetPlan> sets;
  // VIPs that must not be held yet: they are not Delegate, and no whole RealServerSet has named their
  // virtual servers so far. The forwarding order leaves them out, so they are never reported ready.
  std::set<net::IpAddress> awaited;
  friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace fairlead::plan
