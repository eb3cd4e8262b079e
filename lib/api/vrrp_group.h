#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/api/virtual_ip.h"
#include "lib/net/address.h"

// VRRPGroup (fairlead.dev/v1alpha1, cluster): one virtual router. Written by the controller; each member
// node writes its own entry of status.members. api.md.
namespace fairlead::api {

struct AddressOwner {
  std::string namespace_name;
  std::string name;
  std::string uid;
  friend auto operator<=>(const AddressOwner&, const AddressOwner&) = default;
};
struct GroupAddress {
  net::IpAddress address;
  int prefix_length = 32;  // another than 32 and 128 is not built yet (not_yet_supported)
  // Who answers for the address. With Delegate the Master may hold it at once; otherwise only when the
  // virtual servers of its RealServerSet, which may arrive later than the group, are programmed.
  Forwarding forwarding = Forwarding::kNat;
  std::vector<AddressOwner> owners;
  friend bool operator==(const GroupAddress&, const GroupAddress&) = default;
};
struct GroupMember {
  std::string node;
  std::string node_uid;
  int priority = 100;                               // 1..254 (255 in static manifests only)
  std::string interface;                            // empty: the group's
  std::optional<net::IpAddress> unicast_address{};  // what the node sends from and is sent to with Unicast
  // It is to go: it gives the role up when it first reads this, and takes it again only when nobody else
  // does, for it runs with priority_in_use(). `priority` stays, for when it is to come back.
  bool hand_over = false;
  friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

// What a member of this priority advertises: 1 + an eighth of it while it hands over, which is less than any
// that the controller gives, and keeps their order. 255, the owner, cannot hand over (RFC 9568 5.2.4).
int priority_in_use(const GroupMember& member);

// An address the Master holds without listing it in its adverts.
struct ExcludedAddress {
  net::IpAddress address;
  int prefix_length = 32;  // as in GroupAddress
  friend bool operator==(const ExcludedAddress&, const ExcludedAddress&) = default;
};
// A router of the group that Fairlead does not run.
struct ForeignPeer {
  net::IpAddress address;
  int min_ttl = 255;  // 1..255; less than 255 for one behind a router
  friend bool operator==(const ForeignPeer&, const ForeignPeer&) = default;
};
struct TrackInterface {
  std::string name;
  int weight = 0;  // -253..253; 0: the interface must be up
  friend bool operator==(const TrackInterface&, const TrackInterface&) = default;
};
struct GroupAnnounce {
  std::vector<Seconds> repeats{Seconds(0), Seconds(1), Seconds(5)};  // 1..8 of 0..3600, ascending
  Seconds refresh{60};                                               // 0..86400; 0: none
  bool router_flag = false;                                          // IPv6: R in neighbour advertisements
  friend bool operator==(const GroupAnnounce&, const GroupAnnounce&) = default;
};

enum class Checksum { kRfc9568, kRfc5798 };
enum class Transport { kMulticast, kUnicast };

// How many addresses one advert can list: 255 of IPv4 (its count is one byte), and 90 of IPv6 at an MTU of
// 1500, the virtual router's link-local one among them. RFC 9568 section 5.2.5.
std::size_t most_listed_addresses(net::Family family);

struct VRRPGroupSpec {
  net::Family family = net::Family::kIPv4;
  int virtual_router_id = 0;  // 1..255
  std::string interface;
  int version = 3;                     // 2: IPv4 only
  Milliseconds advert_interval{1000};  // 10..40950 in steps of 10; version 2: whole seconds
  bool preempt = true;
  Seconds preempt_delay{0};
  Checksum checksum = Checksum::kRfc9568;
  Transport transport = Transport::kMulticast;
  // Authentication PASS, version 2 only: the file that holds the password on each node. Absent: NONE.
  std::optional<std::string> password_file;
  std::vector<GroupAddress> addresses;  // sorted by address
  std::vector<ExcludedAddress> excluded_addresses;
  std::vector<GroupMember> members;  // sorted by node
  std::vector<ForeignPeer> foreign_peers;
  std::vector<TrackInterface> track_interfaces;
  Milliseconds link_up_delay{0};  // 0..600000
  std::optional<Seconds> fence_lifetime;
  bool strict_v6_first_address = true;
  GroupAnnounce announce;
  std::int64_t config_epoch = 1;
  std::vector<std::string> not_yet_supported;
  friend bool operator==(const VRRPGroupSpec&, const VRRPGroupSpec&) = default;
};

enum class MemberState { kInitialize, kBackup, kMaster };
std::string_view to_string(MemberState state);  // "Initialize", "Backup", "Master"

struct MemberTransition {
  WallTime time{};
  std::string reason;                     // "MasterDown", "Preempted", "Relinquished", "Startup", ...
  std::optional<std::int64_t> outage_ms;  // absent if no advert was ever heard
  friend bool operator==(const MemberTransition&, const MemberTransition&) = default;
};

// One entry of status.members; the list map key is `node`.
struct MemberStatus {
  std::string node;
  std::string group_uid;  // of the group it speaks of; empty: not said
  std::string instance;   // random per start of the daemon
  MemberState state = MemberState::kInitialize;
  WallTime since{};
  std::int64_t observed_generation = 0;
  bool programmed = false;
  std::int64_t confirmed = 0;
  std::string hears;  // Backup: node-independent, the sender address of the last valid advert
  std::optional<MemberTransition> last_transition;
  std::vector<Condition>
      problems;  // type and reason and message only (InterfaceMissing, HostNotPrepared, FenceOverlap ...)
  friend bool operator==(const MemberStatus&, const MemberStatus&) = default;
};

struct VRRPGroupStatus {
  // Without those that speak of another object of this name, or cannot be read: they are left out (FC-09).
  std::vector<MemberStatus> members;
  // The nodes of all entries, in the document's order; none where one is no entry at all.
  std::vector<std::string> entries;
  std::string master;                 // written by the controller, for the MASTER column
  std::string state;                  // text of VipState, written by the controller, for the STATE column
  std::vector<Condition> conditions;  // written by the controller
  friend bool operator==(const VRRPGroupStatus&, const VRRPGroupStatus&) = default;
};

struct VRRPGroup {
  ObjectMeta meta;
  VRRPGroupSpec spec;
  VRRPGroupStatus status;
  friend bool operator==(const VRRPGroup&, const VRRPGroup&) = default;
};

Decoded<VRRPGroup> decode_vrrp_group(std::string_view json);
// As a person writes it into a file: apiVersion and kind must be there, and unknown fields are problems.
Decoded<VRRPGroup> decode_written_vrrp_group(std::string_view json);
std::string encode_vrrp_group(const VRRPGroup& object);  // apply body: metadata and spec
std::string encode_vrrp_group_status(
    const VRRPGroup& object);  // apply body: master, state, conditions only (controller)
// Apply body with exactly one members entry, for manager fairlead-node-<node>; no resourceVersion (K-27).
std::string encode_member_status(const std::string& group, const MemberStatus& entry);

// What the key of a label that names a node begins with.
inline constexpr std::string_view kNodeLabelPrefix = "node.fairlead.dev/";

// Label key `node.fairlead.dev/<node>`; names beyond 63 characters: first 52, dash, 10 hex digits of
// SHA-256 (kubernetes.md 1).
std::string node_label(const std::string& node);

// First 10 hex digits of SHA-256 of the text; and the rule "cut, dash, 10 hex digits" for names over
// `limit` characters (dots before the dash go, too: a DNS label may not start with a dash). REQUIRES: limit
// > 11.
std::string short_hash(std::string_view text);
std::string cut_name(const std::string& name, std::size_t limit);

}  // namespace fairlead::api
