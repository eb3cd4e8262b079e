#pragma once

#include <string>
#include <vector>

#include "controller/plan/changes.h"

// What writes are made of; for changes.cc and its parts.
namespace fairlead::controller {

// The resourceVersion that guards the apply of an object, as it is cached or not there.
std::string guard_of(const api::ObjectMeta& meta);

// Metadata for an apply: what names the object and guards the write, and nothing of the rest. The
// resourceVersion guards against what others have written; where the object is gone it guards nothing, and an
// apply would make it anew, with its old content: then its UID makes the API server say 409 (K-27).
api::ObjectMeta frame_of(const api::ObjectMeta& meta);

// What we want of it is there, whatever else is.
bool has_all(const api::Labels& there, const api::Labels& wanted);
bool has_owners(const api::ObjectMeta& there, const api::ObjectMeta& wanted);

template <class T>
T guarded(T object) {
  object.meta.resource_version = guard_of(object.meta);
  return object;
}

// When a write comes, by which verb, and to what kind.
struct How {
  Step step;
  Verb verb;
  Target target;
};

// `meta`: of the object as cached, without a resourceVersion if it is not there.
Write application(const How& how, const api::ObjectMeta& meta, std::string body);
Write deletion(Step step, Target target, const api::ObjectMeta& meta, std::vector<Absence> absences);

}  // namespace fairlead::controller
