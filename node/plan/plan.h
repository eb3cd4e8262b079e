#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/real_server_set.h"
#include "lib/api/traffic.h"
#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"
#include "lib/net/endpoint.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/packet.h"
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

// The UID of every object that stands in a file of this node (static manifest); no API server gives it.
inline constexpr const char* kManifestUid = "manifest";
inline bool is_from_file(const Version& version) { return version.uid == kManifestUid; }

// Adverts to named routers instead of the multicast group.
struct Unicast {
  // What to send from; absent: the interface's primary address.
  std::optional<net::IpAddress> source;
  // Whom to send to, and whom alone to hear: the other members and the foreign peers.
  vrrp::Peers peers;
  friend bool operator==(const Unicast&, const Unicast&) = default;
};

// Another interface of the node that this router depends on.
struct TrackedInterface {
  std::string name;
  // Not 0: added to the priority while the interface is up if positive, while it is down if negative; the
  // result is kept within 1..254. 0: the router is in Initialize while the interface is down.
  int weight = 0;
  friend bool operator==(const TrackedInterface&, const TrackedInterface&) = default;
};

// When the addresses are announced (vrrp.md 7).
struct Announce {
  std::vector<Seconds> repeats{Seconds(0), Seconds(1), Seconds(5)};  // rounds after a promotion; ascending
  Seconds refresh{60};                                               // 0: none
  bool router_flag = false;                                          // IPv6: R in neighbour advertisements
  friend bool operator==(const Announce&, const Announce&) = default;
};

// One virtual router as this node must run it.
struct GroupPlan {
  std::string name;
  Version version;
  net::Family family = net::Family::kIPv4;
  vrrp::VirtualRouterId virtual_router_id{1};
  std::string interface;  // this member's
  vrrp::Version vrrp_version = vrrp::Version::k3;
  // 1..254; 255: the owner, whose addresses others have put on the interface and which stay there.
  vrrp::Priority priority{100};
  bool hand_over = false;  // the role is given up when this becomes true; `priority` is lowered already
  vrrp::Centiseconds advertise_interval{100};
  bool preempt = true;
  Seconds preempt_delay{0};
  vrrp::ChecksumForm checksum = vrrp::ChecksumForm::kRfc9568;  // the form we send
  std::optional<vrrp::Password> password;                      // version 2 with authentication PASS
  std::optional<Unicast> unicast;                              // absent: multicast
  bool strict_v6_first_address = true;
  std::vector<TrackedInterface> tracked;
  Microseconds link_up_delay{0};  // a link that comes up is not believed before (FN-05)
  Announce announce;
  // Held while Active and listed in the advert. IPv6: with the virtual router's link-local address.
  std::set<net::IpAddress> addresses;
  std::set<net::IpAddress> excluded;  // held while Active, and not listed
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
  api::Weight weight{1};  // draining servers: 0, but where none is ready
  // Once it leaves the plan it can serve nobody any more: it goes at once, without a drain.
  bool gone_once_removed = false;
  friend bool operator==(const RealServerPlan&, const RealServerPlan&) = default;
};

struct VirtualServerPlan {
  std::string group;
  // NAT or DirectRouting, the same for all virtual servers of an address.
  api::Forwarding forwarding = api::Forwarding::kNat;
  api::Scheduler scheduler = api::Scheduler::kWlc;
  std::map<net::Endpoint, RealServerPlan> reals;
  std::vector<api::HealthCheck> checks{};  // that every real server must pass; none: all count as up
  api::OnUnhealthy on_unhealthy = api::OnUnhealthy::kDrain;
  api::Traffic traffic{};
  friend bool operator==(const VirtualServerPlan&, const VirtualServerPlan&) = default;
};

// What a slice has of a virtual server: so many of its real servers, behind so many of the slices before it.
struct SetPart {
  VirtualServerKey key;
  int before = 0;
  int count = 0;
  friend bool operator==(const SetPart&, const SetPart&) = default;
};

// How many servers of one RealServerSet this node serves with; for its status entry and the VIP's REALS.
struct SetPlan {
  Version version;
  std::string group;
  std::vector<SetPart> servers;
  friend bool operator==(const SetPlan&, const SetPlan&) = default;
};

struct Plan {
  std::map<std::string, GroupPlan> groups;
  std::map<VirtualServerKey, VirtualServerPlan> virtual_servers;  // Delegate VIPs have none
  std::map<api::ObjectKey, SetPlan> sets;
  // Groups that we are shown and run nothing of: we are no member, or they are set aside.
  std::map<std::string, Version> not_run;
  // VIPs that must not be held yet: they are not Delegate, and no whole RealServerSet has named their
  // virtual servers so far. The forwarding order leaves them out, so they are never reported ready.
  std::set<net::IpAddress> awaited;
  friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace fairlead::plan
