#pragma once

#include <vector>

#include "lib/reconcile/reflector.h"

// Internal to the reflector's machine: what puts a list or a watch off, and the state into waiting.
namespace fairlead::reconcile {

ReflectorAction wait_to_list(ReflectorState& state, TimePoint until, ListFrom from);
// Instead of the watch or the check that is over.
ReflectorAction wait_to_watch(ReflectorState& state, TimePoint until, const Moment& at);
// FC-11: so long without a watch that it is not to be resumed.
bool away_too_long(const ReflectorState& state, const Moment& at);
// FC-11: no watch is to be resumed from the version that we have.
bool in_doubt(const ReflectorState& state, const Moment& at);
// FC-11: whether the server is there. One that is silent for long may be another one when it answers.
void note_answer(ReflectorState& state, const Moment& at);
void note_silence(ReflectorState& state, const Moment& at);
// That of a server, or of what stands before it in its absence.
void note_failure(ReflectorState& state, const Failed& failed, const Moment& at);

// After the back-off, or after Retry-After where that is later.
TimePoint retry_time(ReflectorState& state, const Failed& failed, const Moment& at);

// K-06: no relist, unless the server has refused five times in a row.
ReflectorAction resume_later(ReflectorState& state, const Failed& failed, bool is_refusal, const Moment& at);

// K-40.
std::vector<ReflectorAction> kind_is_missing(ReflectorState& state, const Moment& at);

}  // namespace fairlead::reconcile
