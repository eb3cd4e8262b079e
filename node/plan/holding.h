#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/plan/make_plan.h"
#include "node/plan/order.h"

// Which objects a node works with: the newest good version of each, whatever the API server shows meanwhile.
namespace fairlead::plan {

struct Objects {
  std::map<std::string, api::VRRPGroup> groups;
  std::map<api::ObjectKey, api::RealServerSet> sets;
  friend bool operator==(const Objects&, const Objects&) = default;
};

// What the API server shows. Unreadable: exists, but its newest version does not decode.
struct Seen {
  Objects objects;
  std::set<api::ObjectKey> unreadable_groups;
  std::set<api::ObjectKey> unreadable_sets;
  bool whole = false;  // every list has been seen in full (K-19); until then nothing is removed
};

struct Refused {
  std::string kind;
  api::ObjectKey object;
  Ruling ruling = Ruling::kRefuseOlder;
  std::int64_t config_epoch = 1;  // of the one in force; a higher one takes a node back (FC-11)
  friend bool operator==(const Refused&, const Refused&) = default;
};

struct Held {
  Objects objects;                    // to make the plan of, and to write to the checkpoint
  std::vector<PlanProblem> problems;  // of newest versions that are refused
  std::vector<Refused> refused;       // by the order of versions
};

// Takes over from `seen` what may replace `held`: by accept() for each kind, and never what check() or
// check_from_api() refuses;
// then the last good version stays, if there is one (K-17, I-8).
Held hold(const Objects& held, const Seen& seen);

}  // namespace fairlead::plan
