#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "controller/plan/kinship.h"
#include "controller/plan/vacancy.h"
#include "lib/api/address_claim.h"
#include "lib/api/address_pool.h"
#include "lib/api/namespace.h"
#include "lib/api/node_report.h"
#include "lib/api/real_server_set.h"
#include "lib/api/service.h"
#include "lib/api/service_request.h"
#include "lib/api/virtual_ip.h"
#include "lib/api/vrrp_group.h"
#include "lib/base/time.h"

// Everything the controller decides from: one snapshot of the caches, the settings and the little it has to
// remember. Taken only after every cache has synced (K-19), so that what is absent here does not exist.
namespace fairlead::controller {

template <class T>
using ByKey = std::map<api::ObjectKey, T>;

// An object that cannot be read; a version read before may still stand in the map beside it (I-8).
struct Poisoned {
  api::ObjectMeta meta;
  std::vector<api::Problem> problems;
  using PartlyRead =
      std::variant<std::monostate, api::VirtualIP, api::AddressPool, api::Service, api::VRRPGroup>;
  // What of it could be read, of kinds whose status says so (newest.h), and of groups (out_of_reach.h).
  PartlyRead object{};
  friend bool operator==(const Poisoned&, const Poisoned&) = default;
};

struct Settings {
  bool default_controller = false;          // Services without a class are ours, too
  std::vector<net::IpAddress> api_servers;  // never to be given away as a VIP
  bool ignore_exclude_label = false;        // node.kubernetes.io/exclude-from-external-load-balancers
  bool ignore_cordon = false;               // spec.unschedulable of a Node
  api::ForeignAnnotations foreign_annotations = api::ForeignAnnotations::kIgnored;
  friend bool operator==(const Settings&, const Settings&) = default;
};

// One address of one VirtualIP that is being given up: UID of the VirtualIP, address.
using ReleaseKey = std::pair<std::string, net::IpAddress>;
// One member of one group: group, node.
using MemberKey = std::pair<std::string, std::string>;

// Objects of ours, "virtualips" and name, of which somebody undoes again and again what we write, and his
// field manager; empty: nobody knows (FC-04).
using Fought = std::map<std::pair<std::string, api::ObjectKey>, std::string>;

// An object of ours, "virtualips" and name, or its status.
struct Refusable {
  std::string plural;
  api::ObjectKey key;
  bool status = false;
  friend auto operator<=>(const Refusable&, const Refusable&) = default;
};
// What the API server goes on refusing to take of us, and its words, in one line (FC-18).
using Refused = std::map<Refusable, std::string>;

// A node, and a virtual router ID of that family that it speaks with as member of a group of ours.
using SpeakerKey = std::tuple<std::string, net::Family, int>;
using Spoken = std::map<SpeakerKey, TimePoint>;  // when it was a member last

// What the snapshot cannot say because it is about time: kept by remember(), lost at a restart, which only
// makes the controller wait once more.
struct Memory {
  std::map<MemberKey, TimePoint> interface_missing_since;  // interface or prefix, not carrier
  std::map<ReleaseKey, TimePoint> releasing_since;
  // Service -> the field managers that own what we would write of its status (K-26), "a, b".
  std::map<api::ObjectKey, std::string> foreign_writers;
  Fought fought;
  Refused refused;
  Vacancies vacancies;  // how long VirtualIPs have been without endpoints, or with some again
  Spoken spoken;
  // Nodes, by name, that are not Ready (no time), or have been Ready again since then, and not for long.
  std::map<std::string, std::optional<TimePoint>> recovering;
  std::optional<TimePoint> begun;     // when this controller began to look at Nodes; absent: long ago
  std::set<MemberKey> stale_members;  // claims found dead by the rules of "Who is master"
  friend bool operator==(const Memory&, const Memory&) = default;
};

struct Inputs {
  ByKey<api::VirtualIP> virtual_ips;
  ByKey<Poisoned> poisoned_virtual_ips;
  ByKey<api::AddressPool> pools;
  ByKey<Poisoned> poisoned_pools;
  ByKey<api::AddressClaim> claims;
  ByKey<Poisoned> poisoned_claims;
  ByKey<api::Service> services;
  ByKey<Poisoned> poisoned_services;
  ByKey<api::EndpointSlice> endpoint_slices;
  ByKey<api::Namespace> namespaces;
  ByKey<api::Node> nodes;
  ByKey<api::NodeReport> node_reports;
  ByKey<api::VRRPGroup> groups;
  ByKey<Poisoned> poisoned_groups;
  ByKey<api::RealServerSet> sets;
  ByKey<Poisoned> poisoned_sets;
  Settings settings;
  Memory memory;
  TimePoint now{};
  std::optional<Kinship> kinship;  // of the objects above; absent: nobody keeps it, and all are looked at
};

// The key of a cluster-scoped object.
inline api::ObjectKey cluster_key(const std::string& name) { return {"", name}; }

// The object of that key, or nullptr. Valid as long as the map is unchanged.
template <class T>
const T* find(const ByKey<T>& map, const api::ObjectKey& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

// True if `a` came first: older creationTimestamp, then smaller UID (api.md, Release).
inline bool older(const api::ObjectMeta& a, const api::ObjectMeta& b) {
  return std::tie(a.creation_timestamp, a.uid) < std::tie(b.creation_timestamp, b.uid);
}

}  // namespace fairlead::controller
