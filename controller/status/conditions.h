#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "lib/api/meta.h"

// metav1.Conditions as values: lastTransitionTime moves only when the status does.
namespace fairlead::controller {

// A condition without its time. A message is 4096 bytes at most.
api::Condition condition(const std::string& type, bool is_true, Reason reason, const std::string& message);

// Why an object is not accepted that cannot be read.
Refusal unreadable(const Poisoned& poisoned);

// `wanted` with observedGeneration, and the time of the present condition of its type and status, else `now`
// in whole seconds (the API server keeps no finer ones).
std::vector<api::Condition> timed(std::vector<api::Condition> wanted,
                                  const std::vector<api::Condition>& present, std::int64_t generation,
                                  WallTime now);

// An object of which others undo what we write, as a message calls it, and their field manager; empty: nobody
// knows.
struct Undone {
  std::string object;
  std::string manager;
  friend bool operator==(const Undone&, const Undone&) = default;
};

// The message of reason ForeignStatusWriter. REQUIRES: one at least.
std::string undone_message(const std::vector<Undone>& objects);

// Several that are true at once in one: the first, and in the message the others with their reasons, "; also
// X: ..."; of many the first five and how many there are more. REQUIRES: one at least, all of one type and
// status.
api::Condition joined(const std::vector<api::Condition>& causes);

// Reason and message of each of them again.
std::vector<std::pair<std::string, std::string>> causes_of(const api::Condition& condition);

// The condition of that type, or nullptr.
const api::Condition* find_condition(const std::vector<api::Condition>& conditions, const std::string& type);

}  // namespace fairlead::controller
