#pragma once

#include "lib/api/node_state.h"
#include "lib/base/result.h"
#include "lib/net/endpoint.h"

namespace fairlead::agent {

struct StateAnswer {
  std::string json;  // as the daemon sent it
  api::NodeState state;
};

// Asks the daemon that listens on its --metrics-address for /state. Blocks for at most 5 s.
// Errors: kUnavailable (nobody listens, no answer in time), kInternal (the answer is not a state).
Result<StateAnswer> query_state(const net::Endpoint& metrics_address);

}  // namespace fairlead::agent
