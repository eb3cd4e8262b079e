#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/plan/reserved.h"

// AddressPools: which may be used, by whom, and what their status says.
namespace fairlead::controller {

// Pool name -> why it is not accepted; an accepted pool is absent. Of two that overlap, the younger.
std::map<std::string, Refusal> refused_pools(const Inputs& inputs);

// The other side of it, for their status: pool name -> the younger ones that are refused because this one has
// some of their addresses. Of a range in many older pools the last sixteen parts count.
std::map<std::string, std::set<std::string>> overlapped_pools(const Inputs& inputs);

// Who asks for an address, as serviceAllocation sees it. The labels are the Service's that the VirtualIP
// names, else the VirtualIP's own; of one that is not there, none.
struct Asker {
  std::string namespace_name;
  api::Labels namespace_labels;
  api::Labels labels;
};
Asker asker_of(const Inputs& inputs, const api::VirtualIP& virtual_ip);

// False if serviceAllocation keeps it out: neither in `namespaces` nor matched by `namespaceSelectors`, or
// not matched by `serviceSelectors`.
bool admits(const api::AddressPool& pool, const Asker& asker);

// True if the pool has the address and gives it away (avoidBuggyIPs).
bool gives(const api::AddressPool& pool, const net::IpAddress& address);
// IPv4 that ends in .0 or .255.
bool is_buggy(const net::IpAddress& address);

// The accepted pool with this address; if `wanted` is named, only that one. The refusal: PoolNotFound,
// NotAdmitted (the pool named is itself not accepted, or keeps the asker out) or OutsidePool. The pool may be
// there with a refusal: it has the address, and is not for the asker.
struct PoolChoice {
  const api::AddressPool* pool = nullptr;
  std::optional<Refusal> refusal;
};
PoolChoice pool_for(const Inputs& inputs, const std::map<std::string, Refusal>& refused,
                    const net::IpAddress& address, const std::string& wanted, const Asker& asker);

// Where an address that nobody named may come from: the pool `wanted`, else every accepted pool that admits
// the asker and assigns by itself, the lowest priority first (0 last; tie: the name); all with addresses of
// the family. Never empty without a refusal (PoolNotFound, NotAdmitted, OutsidePool).
struct PoolList {
  std::vector<const api::AddressPool*> pools;
  std::optional<Refusal> refusal;
};
PoolList pools_for(const Inputs& inputs, const std::map<std::string, Refusal>& refused, net::Family family,
                   const std::string& wanted, const Asker& asker);

// The pool's numbers and its exact cover in CIDRs; the conditions are status's business. `used`: addresses
// that are somebody's. Available is what could still be given away: neither used nor reserved.
api::AddressPoolStatus pool_numbers(const api::AddressPool& pool, const std::set<net::IpAddress>& used,
                                    const ReservedAddresses& reserved);

// "no address is left", of a pool of both families perhaps "no IPv6 address is left"; empty: there is one of
// each family that it has.
std::string exhaustion(const api::AddressPool& pool, const api::AddressPoolStatus& numbers);

}  // namespace fairlead::controller
