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

// For one address of the VirtualIP. Servers: every server behind every port. Service: the endpoints of its
// EndpointSlices of the address's family; a slice's port is found by the Service port's name and protocol
// (its number is the target port). Ready: weight 1; not ready, but serving and terminating: weight 0 and
// Draining, but weight 1 where none is ready (KEP-1669); others are not listed. With a service_problem(): the
// virtual servers that this VirtualIP's sets have already, without real servers, so that clients are refused;
// a Service that was never there gives none. Delegate: nothing.
Backends backends(const Inputs& inputs, const Belongings& belongings, const api::VirtualIP& virtual_ip,
                  const net::IpAddress& address);

}  // namespace fairlead::controller
