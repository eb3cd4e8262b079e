#pragma once

#include <map>
#include <set>
#include <string>

#include "node/health/check.h"
#include "node/plan/plan.h"

// What the verdicts of checks make of real servers.
namespace fairlead::health {

// The checks of one real server of this virtual server; none: it is not checked.
std::set<CheckKey> checks_of(const plan::VirtualServerPlan& server, const net::Endpoint& real);

struct RealHealth {
  Verdict verdict = Verdict::kUnknown;
  std::string error;  // of a check that does not pass
  friend bool operator==(const RealHealth&, const RealHealth&) = default;
};
using Healths = std::map<net::Endpoint, RealHealth>;

// Of every real server of this virtual server; of none if it asks for no checks. All checks of a real server
// must pass: it is down if one is down, up if all are up. A check that is not in `checks` is unknown.
Healths healths_of(const plan::VirtualServerPlan& server, const std::map<CheckKey, Check>& checks);

// The virtual server with what its checks leave of its real servers: one that is not up has weight 0 (Drain),
// or is not there (Remove). One that is not in `healths` stays as it is.
plan::VirtualServerPlan served(const plan::VirtualServerPlan& server, const Healths& healths);

}  // namespace fairlead::health
