#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/plan/belongings.h"
#include "controller/plan/footing.h"
#include "controller/plan/holdings.h"
#include "controller/plan/inputs.h"
#include "controller/plan/pools.h"
#include "controller/plan/reason.h"
#include "controller/plan/release.h"
#include "controller/plan/reserved.h"

// May this VirtualIP have what it asks for, other VirtualIPs aside?
namespace fairlead::controller {

// What is judged by besides the VirtualIP itself, computed once a round. Valid as long as the inputs.
struct Ground {
  explicit Ground(const Inputs& of);

  const Inputs& inputs;
  std::map<std::string, Refusal> refused_pools;
  std::map<net::IpAddress, Holding> held;
  Tenures tenures;
  ReservedAddresses reserved;
  Releasing releasing;
  Belongings belongings;
  Footings footings;
};

// One address that an accepted VirtualIP asks for, or has and keeps.
struct Wish {
  api::ObjectKey virtual_ip;
  std::string uid;
  net::IpAddress address;
  // Whose rules it lives by, be it that it has the address no more; nullptr: that pool is gone (FC-14).
  const api::AddressPool* pool = nullptr;
};

// An address that it asks for without saying which.
struct Need {
  api::ObjectKey virtual_ip;
  std::string uid;
  net::Family family = net::Family::kIPv4;
  std::vector<const api::AddressPool*> pools;  // that may give it, in this order; one at least
  std::optional<net::IpAddress> before;  // in the status of its Service, and one of these pools gives it
};

struct Judgement {
  std::optional<Refusal> refusal;  // of condition Accepted
  std::vector<Wish> wishes;        // empty if refused
  std::vector<Need> needs;         // empty if refused
  // Had by the claim alone, of a pool that is gone: it can come into no group, and the claim goes.
  std::vector<net::IpAddress> given_back;
  std::string pool_removed;  // why some address held would not be given away any more; empty: it would
};

// Checks fields not built yet and what only the families tell, then each address: reserved, then pools. An
// address that this VirtualIP has already is neither measured again against pools (FC-14: assignments stay)
// nor against nodes. One that it was given without asking for it by name stays, as long as `pool` and
// `ipFamilies` do not ask for another. Not so one that is in no group and whose pool is gone: it is given
// back, and what is asked for is judged anew once it is. Of two families that its Service merely prefers it
// is judged by those of which it has an address, or some pool gives it one; by the first where none does.
Judgement judge(const Ground& ground, const api::VirtualIP& virtual_ip);

// Families of the addresses it is to have: ipFamilies, else those of `addresses`, else the Service's, else
// IPv4. Of a Service that merely prefers both, IPv4 alone with Tunnel: IPv6 is not built there.
std::vector<net::Family> families_of(const Inputs& inputs, const api::VirtualIP& virtual_ip);

}  // namespace fairlead::controller
