#pragma once

#include <map>
#include <set>
#include <string_view>

#include "lib/api/meta.h"
#include "node/plan/plan.h"

// In which order versions of an object may follow each other (api.md, Release; invariant I-10: plans never
// go back). One kind of object at a time.
namespace fairlead::plan {

enum class Ruling {
  kTake,         // the offered version replaces what is held, if anything
  kKeep,         // nothing readable offered: the held version stays
  kDrop,         // gone
  kRefuseOlder,  // same UID, lower generation, no higher configEpoch: the held version stays
  kRefuseOther,  // another UID while the held object may still exist: the held version stays
};
std::string_view to_string(Ruling ruling);

enum class Scope {
  kPart,   // what was offered may be incomplete: what is missing may still exist
  kWhole,  // a full list and every event since: what is missing was deleted
};

struct Offer {
  std::map<api::ObjectKey, Version> versions;  // readable and valid in themselves
  std::set<api::ObjectKey> unreadable;         // exist, but a newer version of them could not be used
  Scope scope = Scope::kPart;
};

// A ruling for each key held or offered; none for a key that is unreadable and not held.
std::map<api::ObjectKey, Ruling> accept(const std::map<api::ObjectKey, Version>& held, const Offer& offer);

}  // namespace fairlead::plan
