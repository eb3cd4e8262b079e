#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/plan/desired.h"
#include "controller/plan/inputs.h"
#include "lib/api/event.h"

// What is, against what should be: the writes, in an order of which any prefix is safe (kubernetes.md 3,
// FC-01).
namespace fairlead::controller {

// Told once the write it belongs to has succeeded.
using api::Notice;

// A Service's status as we write it.
struct ServiceStatus {
  std::vector<api::LoadBalancerIngress> ingress;
  std::vector<api::Condition> conditions;  // ours only
  bool given_up = false;                   // it is ours no more: what we wrote goes
  friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

// What controller/status makes of the members' reports. An object absent here keeps the status it has.
struct Statuses {
  ByKey<api::VirtualIPStatus> virtual_ips;
  ByKey<api::VRRPGroupStatus> groups;  // members are not ours to write and stay empty
  ByKey<api::AddressPoolStatus> pools;
  ByKey<ServiceStatus> services;
  ByKey<std::vector<Notice>> virtual_ip_notices;
  ByKey<std::vector<Notice>> service_notices;
  ByKey<std::vector<Notice>> pool_notices;
};

// The order of writes: real servers that come, go or drain behind an address that is served already, and
// VirtualIPs that nobody asks for any more, wait for nothing (FC-06), nor do statuses of what has served
// (urgency.h); then what VirtualIPs need first, claims, groups and sets, statuses; what one VirtualIP has of
// sets beyond a few, lest a single one holds up all the others; then removals backwards; after the finalizer,
// last of all, the claims; and when all that is done, the groups that claims do not name.
enum class Step {
  kRealServers,
  kRemoveVirtualIPs,
  kNews,
  kVirtualIPs,
  kClaims,
  kGroups,
  kSets,
  kStatus,
  kServiceStatus,
  kMoreSets,
  kRemoveSets,
  kRemoveGroups,
  kRemoveReports,
  kRemoveEntries,
  kRemoveFinalizers,
  kRemoveClaims,
  kClaimsBehind,
};

// A Node is read and never written.
enum class Target {
  kVirtualIP,
  kAddressClaim,
  kVRRPGroup,
  kRealServerSet,
  kAddressPool,
  kService,
  kNodeReport,
  kNode
};

enum class Verb {
  kCreate,         // POST: a conflict if there is one of that name
  kApply,          // server-side apply of metadata and spec, or of the finalizer alone
  kApplyStatus,    // of the status subresource
  kMergePatch,     // of the finalizers, when they go
  kRemoveEntries,  // JSON patch of the status subresource: entries of former members
  kPutBack,        // JSON patch of what others have set beside what an apply says (lib/api/replacement.h)
  kDelete,         // with UID and resourceVersion as preconditions (FC-03)
};

// An object that a write takes for gone: it is sent once the API server has said so, or shows another UID.
struct Absence {
  Target target = Target::kVirtualIP;
  api::ObjectKey key;
  std::string uid;          // empty: any object of that name counts
  std::string unchanged{};  // a generation: or for asking for the same since; empty: it has to be gone
  // Of a VRRPGroup: or for neither listing this address nor waiting for a node to release it.
  std::optional<net::IpAddress> without{};
  std::string owner{};  // UID of the VirtualIP that is not to have that address; empty: none is
  friend bool operator==(const Absence&, const Absence&) = default;
};

struct Write {
  Step step = Step::kVirtualIPs;
  Verb verb = Verb::kApply;
  Target target = Target::kVirtualIP;
  api::ObjectKey key;
  std::string resource_version;  // of the object this was computed from; empty: it does not exist
  std::string body;              // JSON, guarded by that resourceVersion; of a DELETE its DeleteOptions
  std::vector<Notice> notices;
  std::vector<Absence> absences;  // of a write that frees something (FC-03)
  friend bool operator==(const Write&, const Write&) = default;
};

// Sorted by step, then target and key. Nothing for what is already as it should be (K-29).
std::vector<Write> changes(const Inputs& inputs, const Desired& desired, const Statuses& statuses);

}  // namespace fairlead::controller
