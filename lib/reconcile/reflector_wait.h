#pragma once

#include <vector>

#include "lib/reconcile/reflector.h"

// Internal to the reflector's machine: what puts a list or a watch off, and the state into waiting.
namespace fairlead::reconcile {

ReflectorAction wait_to_list(ReflectorState& state, TimePoint until, ListFrom from);
ReflectorAction wait_to_watch(ReflectorState& state, TimePoint until);

// After the back-off, or after Retry-After where that is later.
TimePoint retry_time(ReflectorState& state, const Failed& failed, const Moment& at);

// K-06: no relist, unless the server has refused five times in a row.
ReflectorAction resume_later(ReflectorState& state, const Failed& failed, bool is_refusal, const Moment& at);

// K-40.
std::vector<ReflectorAction> kind_is_missing(ReflectorState& state, const Moment& at);

}  // namespace fairlead::reconcile
