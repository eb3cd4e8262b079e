#pragma once

#include <string>
#include <vector>

#include "controller/plan/belongings.h"
#include "controller/plan/inputs.h"

// What stands behind a VirtualIP: its virtual servers, one per port, with their real servers.
namespace fairlead::controller {

struct Backends {
  std::vector<api::VirtualServer> virtual_servers;  // in the order of the ports
  std::string problem;                              // service_problem()
};

// For people: the Service named is missing, or has no ports. Empty if nothing is wrong with it, or none is
// named.
std::string service_problem(const Inputs& inputs, const api::VirtualIP& virtual_ip);

// For one address of the VirtualIP. Servers: every server behind every port. Service: its endpoints of the
// address's family (endpoints.h), with its externalTrafficPolicy. Those that serve and terminate have weight
// 1 where none is ready (KEP-1669), with Local none on their own node. With a service_problem(): the virtual
// servers that this VirtualIP's sets have already, without real servers, so that clients are refused; a
// Service that was never there gives none. Delegate: nothing.
Backends backends(const Inputs& inputs, const Belongings& belongings, const api::VirtualIP& virtual_ip,
                  const net::IpAddress& address);

}  // namespace fairlead::controller
