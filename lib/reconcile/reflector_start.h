#pragma once

#include <string>

#include "lib/reconcile/reflector.h"

// Internal to the reflector's machine: what begins a list or a watch, and puts the state into it.
namespace fairlead::reconcile {

// A share of a time; 0 <= random < 1.
Microseconds share(Microseconds whole, double random);

ReflectorAction start_list(const ReflectorConfig& config, ReflectorState& state, ListFrom from);
// Of the running list; changes no state.
ReflectorAction next_page(const ReflectorConfig& config, const std::string& token);
ReflectorAction start_watch(const ReflectorConfig& config, ReflectorState& state, const Moment& at);
// Asks whether the server has got as far as the version that the watch is to be resumed from.
ReflectorAction start_check(const ReflectorConfig& config, ReflectorState& state);
// The whole state, by a watch-list or a list (K-08).
ReflectorAction start_anew(const ReflectorConfig& config, ReflectorState& state, ListFrom from,
                           const Moment& at);

}  // namespace fairlead::reconcile
