#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/footing.h"
#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/plan/standing.h"

// inputs -> validate -> claim -> allocate -> place -> translate: everything the controller wants of the API,
// as one value.
namespace fairlead::controller {

// What was decided about one VirtualIP, for its conditions.
struct Decision {
  std::optional<Refusal> not_accepted;  // condition Accepted
  // Condition Allocated: AddressInUse, PoolExhausted, VirtualRouterIDsExhausted.
  std::optional<Refusal> not_allocated;
  std::optional<Refusal>
      not_placed;  // condition Programmed: NoEligibleNode, NoEndpoints, Withdrawn, InvalidSpec
  // It is to have these, one per family; those of no claim yet are in no group yet, either.
  std::vector<net::IpAddress> addresses;
  bool claimed = false;                   // it holds the claims of all of them
  std::string pool_removed;               // as in Judgement
  std::string foreign_writers;            // of the status of the Service it was made for (K-26)
  std::string backend_problem;            // the Service named is missing, or has no ports
  int ready_reals = 0;                    // real servers with a weight, over all virtual servers
  bool forwards = true;                   // Fairlead forwards: not Delegate
  std::vector<net::IpAddress> asked_for;  // what it was judged by: asked for by name or had, whoever gets it
  friend bool operator==(const Decision&, const Decision&) = default;
};

struct PoolDecision {
  std::optional<Refusal> refusal;
  api::AddressPoolStatus numbers;  // without conditions
  friend bool operator==(const PoolDecision&, const PoolDecision&) = default;
};

struct Desired {
  // Every AddressClaim, VRRPGroup and RealServerSet that should exist, as it should be; one that exists and
  // is not here goes.
  ByKey<api::AddressClaim> claims;
  std::set<api::ObjectKey> claims_behind;  // whose address is in a group that they do not name: no haste
  ByKey<api::VRRPGroup> groups;
  ByKey<api::RealServerSet> sets;
  ByKey<api::VirtualIP> of_services;     // VirtualIPs to apply for Services of ours
  std::set<api::ObjectKey> to_finalize;  // VirtualIPs that need our finalizer first (K-30)
  std::set<api::ObjectKey> to_delete;    // VirtualIPs whose Service is gone or no longer ours
  // VirtualIPs that are being deleted and hold nothing any more: the finalizer may go. The nodes are those
  // passed over (api.md, Release).
  std::map<api::ObjectKey, std::set<std::string>> released;
  std::set<std::string> orphan_reports;                       // NodeReports whose Node is gone
  std::map<api::ObjectKey, Decision> decisions;               // every readable VirtualIP
  std::map<api::ObjectKey, std::optional<Refusal>> services;  // every Service of ours
  std::map<std::string, PoolDecision> pools;
  Standing standing;  // for the rounds of endpoints that follow (backend_writes.h)
  Footings footings;  // the same (footing.h)
  Vacancies vacancies;
};

// REQUIRES: inputs taken after every cache has synced. Pure, and stable: with the result applied, it says the
// same again.
Desired desired(const Inputs& inputs);

}  // namespace fairlead::controller
