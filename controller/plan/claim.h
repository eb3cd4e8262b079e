#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/holdings.h"
#include "controller/plan/inputs.h"
#include "controller/plan/reason.h"
#include "controller/plan/release.h"
#include "controller/plan/validate.h"

// One address, one holder (api.md, Release: "Two VirtualIPs ask for one address").
namespace fairlead::controller {

struct Claims {
  std::map<net::IpAddress, Wish> granted;
  std::map<api::ObjectKey, Refusal> refused;  // AddressInUse; the message names the holder
};

// The holder in the groups keeps an address as long as it exists, asks for it and is not being deleted; else
// the older creationTimestamp, then the smaller UID. An address that some node may still hold is nobody's.
// A VirtualIP gets all of its addresses or none it does not hold already.
Claims claim(const Inputs& inputs, const std::vector<Wish>& wishes,
             const std::map<net::IpAddress, Holding>& held, const Releasing& releasing);

}  // namespace fairlead::controller
