#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/plan/holdings.h"
#include "controller/plan/inputs.h"
#include "controller/plan/pools.h"
#include "controller/plan/reason.h"

// May this VirtualIP have what it asks for, other VirtualIPs aside?
namespace fairlead::controller {

// One address that an accepted VirtualIP asks for.
struct Wish {
  api::ObjectKey virtual_ip;
  std::string uid;
  net::IpAddress address;
  const api::AddressPool* pool = nullptr;  // nullptr: held already, its pool is gone (FC-14)
};

struct Judgement {
  std::optional<Refusal> refusal;  // of condition Accepted
  std::vector<Wish> wishes;        // empty if refused
  bool pool_removed = false;       // some address held is in no accepted pool any more
};

// Checks fields not built yet, then each address: reserved, then pools. An address that this VirtualIP holds
// already is neither measured again against pools (FC-14: assignments stay) nor against nodes.
Judgement judge(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                const std::map<net::IpAddress, Holding>& held, const api::VirtualIP& virtual_ip);

// Why nobody may have this address as a VIP: it is a node's, a gateway's, in a Pod range, a Service's or the
// API server's.
std::optional<Refusal> reserved(const Inputs& inputs, const net::IpAddress& address);

}  // namespace fairlead::controller
