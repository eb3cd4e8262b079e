#pragma once

#include <vector>

#include "lib/reconcile/reflector.h"

// Internal to the reflector's machine: what follows when an exchange fails. REQUIRES: the phase of its name.
namespace fairlead::reconcile {

constexpr int kMostUnusable = 100;  // lines of a watch in a row; more is no API server's

std::vector<ReflectorAction> list_failed(const ReflectorConfig& config, ReflectorState& state,
                                         const Failed& failed, const Moment& at);
std::vector<ReflectorAction> watch_failed(const ReflectorConfig& config, ReflectorState& state,
                                          const Failed& failed, const Moment& at);
// K-08: the whole state did not come. REQUIRES: a watch-list that has not ended.
std::vector<ReflectorAction> watch_list_failed(const ReflectorConfig& config, ReflectorState& state,
                                               const Failed& failed, const Moment& at);
// The question whether the server has got as far as the version that we have (K-05).
std::vector<ReflectorAction> check_failed(const ReflectorConfig& config, ReflectorState& state,
                                          const Failed& failed, const Moment& at);

}  // namespace fairlead::reconcile
