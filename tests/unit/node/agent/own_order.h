#pragma once

#include <map>
#include <set>

#include "node/agent/forwarding_table.h"

namespace fairlead::agent::testing {

// A TableOrder that has its virtual servers itself.
struct OwnOrder {
  std::map<ipvs::Key, plan::VirtualServerPlan> servers{};
  std::set<net::IpAddress> still_held{};
  std::set<ipvs::Key> paused{};
  std::map<ipvs::Key, std::set<net::Endpoint>> taken_out{};
  TimePoint now{};
  operator TableOrder() const { return {servers, still_held, paused, taken_out, now}; }
};

}  // namespace fairlead::agent::testing
