#pragma once

#include "node/agent/virtual_router_ports.h"
#include "sim/node.h"

namespace fairlead::sim {

// The ports of the vrrp thread that runs on `node`, which must outlive them.
agent::VirtualRouterPorts make_ports(Node& node);

}  // namespace fairlead::sim
