#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"
#include "node/plan/passwords.h"
#include "node/plan/plan.h"

// VRRPGroups and RealServerSets -> Plan, or every problem with its path.
namespace fairlead::plan {

// Who this node is. `uid` is that of its Node object; empty if not known: then names alone decide.
struct NodeIdentity {
  std::string name;
  std::string uid;
  friend bool operator==(const NodeIdentity&, const NodeIdentity&) = default;
};

// Why something was left out of the plan. The texts are those of conditions (api.md).
enum class Refusal {
  kInvalidSpec,
  kNotYetSupported,
  kVirtualRouterIdInUse,     // an older group of ours has the same interface, family and VRID
  kAddressInUse,             // an older group or set of ours has the address or virtual server
  kStaticConflict,           // a file of this node has the name, the virtual router ID or the address
  kOtherNode,                // the member of our name has another node's UID
  kPasswordMissing,          // of authentication PASS: without it the group is not run
  kPasswordTooLong,          // what comes after its eighth byte
  kUnicastPeerMissing,       // a member without unicastAddress; if that is us, the group is not run
  kFenceLifetimeOutOfRange,  // fenceLifetimeSeconds: the nearer end of the range is used
};
std::string_view to_string(Refusal refusal);  // "InvalidSpec", "NotYetSupported", "VRIDInUse", ...

struct PlanProblem {
  std::string kind;  // "VRRPGroup", "RealServerSet"
  api::ObjectKey object;
  Refusal refusal = Refusal::kInvalidSpec;
  api::Problem problem;
  friend bool operator==(const PlanProblem&, const PlanProblem&) = default;
};
// "RealServerSet shop/web-v4-0: spec.virtualServers[0].forwarding: ...".
std::string to_string(const PlanProblem& problem);

Version version_of(const api::VRRPGroup& group);
// A RealServerSet has no configEpoch of its own: it is its group's.
Version version_of(const api::RealServerSet& set, std::int64_t config_epoch);

// What makes the object unusable, whatever else exists. Decoding has found what the schema knows; this is
// what a node cannot do with it. Empty: usable.
std::vector<PlanProblem> check(const api::VRRPGroup& group);
std::vector<PlanProblem> check(const api::RealServerSet& set);
// check(), and what the API server may not ask for: priority 255, and a password file that is not named by
// its plain name. Both are the business of who writes manifests on the node itself.
std::vector<PlanProblem> check_from_api(const api::VRRPGroup& group);

struct MadePlan {
  Plan plan;
  std::vector<PlanProblem> problems;
};

// Groups by name, sets by key; an object that check() refuses is set aside and harms no other (I-8).
// * A group that does not list us is not ours, and no problem: we have left it, or are asked whether we have.
// * Of two groups that collide (interface, family, VRID) the younger is left out; of two that list one
//   address the younger goes without it. Younger: creationTimestamp, then UID, as api.md; whatever stands in
//   a file of this node (kManifestUid) is older than all that does not.
// * Server sets of files are for groups of files, and whole by themselves; those of the API server for
//   its own.
// * A virtual server whose address its group does not list is left out without a word: each is in that
//   place for a moment while its VIP is released.
// * Of a virtual server with externalTrafficPolicy Local the real servers that run on `node` are there, and
// no
//   other: what is not known to run here does not.
// * Sets are slices of a whole, `<stem>-<index>`: until all slices that slice 0 counts are there, nothing
//   that `previous` had for them is removed.
// * A group with authentication PASS whose file is not in `passwords` is left out.
MadePlan make_plan(const NodeIdentity& node, const std::map<std::string, api::VRRPGroup>& groups,
                   const std::map<api::ObjectKey, api::RealServerSet>& sets, const Passwords& passwords,
                   const Plan& previous);

}  // namespace fairlead::plan
