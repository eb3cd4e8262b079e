#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/api/node_report.h"
#include "lib/api/vrrp_group.h"
#include "lib/net/address.h"
#include "node/filter/fence.h"
#include "node/health/real_servers.h"
#include "node/plan/plan.h"

// The values that the node's threads exchange through mailboxes (architecture.md 5). Each is whole: the
// newest one replaces all earlier ones. `sequence` numbers plans from 1 in one run of the process, so that
// a report says which plan it speaks of.
namespace fairlead::agent {

// plan source -> vrrp thread
struct VrrpOrder {
  std::uint64_t sequence = 0;
  std::map<std::string, plan::GroupPlan> groups;
  // Addresses that an earlier run or plan put on an interface (checkpoint): ours to remove.
  std::set<net::IpAddress> owned;
};

// plan source -> forwarding thread
struct ForwardingOrder {
  std::uint64_t sequence = 0;
  std::map<plan::VirtualServerKey, plan::VirtualServerPlan> virtual_servers;
  std::set<net::IpAddress> vips;  // all VIPs of our groups (guard), with or without virtual servers
  // IPVS keys that an earlier run created (checkpoint): ours to adopt or remove. What this run creates the
  // forwarding thread knows itself; it takes this from its first order only.
  std::set<plan::VirtualServerKey> owned;
};

// What became of the newest VrrpReport::fenced.
struct FenceReport {
  std::vector<filter::FencedGroup> tried;  // the wish
  std::vector<filter::FencedGroup> held;   // what the kernel has: equal, or of an earlier wish
  std::string why_not;                     // why it has not what was tried
  friend bool operator==(const FenceReport&, const FenceReport&) = default;
};

// forwarding thread -> vrrp thread and reporter
struct ForwardingReport {
  std::uint64_t sequence = 0;  // the newest order that has been tried
  // VIPs for which guard and IPVS hold what the order of `sequence` says: these may be held.
  std::set<net::IpAddress> ready;
  // Everything we have in the kernel now; the plan source keeps these in the checkpoint until gone.
  std::set<plan::VirtualServerKey> programmed;
  // Wanted, but somebody else's in the kernel (FN-34): left out, and never to be called owned.
  std::set<plan::VirtualServerKey> foreign;
  std::map<plan::VirtualServerKey, int> usable_reals;         // weight > 0, up, and accepted by the kernel
  std::map<plan::VirtualServerKey, health::Healths> healths;  // of real servers that are checked
  std::vector<api::Condition> problems;                       // HostNotPrepared, UnsupportedScheduler, ...
  api::Capabilities capabilities;
  // A group waits until its wish was tried, and may then run, fenced or not. Absent: nobody tries.
  std::optional<FenceReport> fence;
};

// Type of the problem that every group has while another live daemon has this node's name (FN-18).
inline constexpr const char* kDuplicateNode = "DuplicateNode";

// One group as the vrrp thread sees it.
struct GroupReport {
  std::string uid;  // of the VRRPGroup that is carried out
  api::MemberState state = api::MemberState::kInitialize;
  WallTime since{};
  std::int64_t observed_generation = 0;  // of the order carried out for this group, addresses included
  bool programmed = false;               // every VIP of the group was ready
  int priority = 0;
  std::string hears;  // Backup: sender of the last valid advert; of several HeardMaster's choice
  std::optional<api::MemberTransition> last_transition;
  std::set<net::IpAddress> held;         // acknowledged by the kernel, on the interface now
  std::vector<api::Condition> problems;  // InterfaceMissing, FenceOverlap, ...
  friend bool operator==(const GroupReport&, const GroupReport&) = default;
};

// vrrp thread -> forwarding thread and reporter
struct VrrpReport {
  std::uint64_t sequence = 0;  // the newest order that has been carried out
  std::map<std::string, GroupReport> groups;
  // Every address of ours still on an interface, groups that left the plan included. IPVS content and
  // guard of these stay (fixed order of removal).
  std::set<net::IpAddress> held;
  std::vector<api::ReportedInterface> interfaces;
  std::vector<api::HeardVirtualRouter> heard;
  // What the finer fence is to hold: the groups that may hold VIPs here, those that are gone while an
  // address of theirs is not.
  std::vector<filter::FencedGroup> fenced;
  friend bool operator==(const VrrpReport&, const VrrpReport&) = default;
};

}  // namespace fairlead::agent
