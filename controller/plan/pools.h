#pragma once

#include <map>
#include <optional>
#include <string>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"

// AddressPools: which may be used, and what their status says.
namespace fairlead::controller {

// Pool name -> why it is not accepted; an accepted pool is absent. Of two that overlap, the younger.
std::map<std::string, Refusal> refused_pools(const Inputs& inputs);

// The accepted pool with this address; if `wanted` is named, only that one. The error: PoolNotFound,
// NotAdmitted (the pool named is itself not accepted) or OutsidePool.
struct PoolChoice {
  const api::AddressPool* pool = nullptr;
  std::optional<Refusal> refusal;
};
PoolChoice pool_for(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                    const net::IpAddress& address, const std::string& wanted);

// The pool's numbers and its exact cover in CIDRs; the conditions are status's business. `groups` are those
// that will be: their addresses count as assigned.
api::AddressPoolStatus pool_numbers(const api::AddressPool& pool, const ByKey<api::VRRPGroup>& groups);

}  // namespace fairlead::controller
