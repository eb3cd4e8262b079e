#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/plan/inputs.h"

namespace fairlead::controller {

// Where an address of a VirtualIP is served: the VRRPGroup that lists it.
struct Place {
  net::IpAddress address;
  std::string group;
  friend bool operator==(const Place&, const Place&) = default;
};

// A VirtualIP of a Service that is served as its endpoints say: neither refused nor moving nor going.
struct Served {
  api::ObjectKey virtual_ip;
  std::vector<Place> places;
  friend bool operator==(const Served&, const Served&) = default;
};

// By Service: what a round has decided that endpoints which come and go do not change (FC-05). It holds until
// any other kind of object changes.
using Standing = std::map<api::ObjectKey, std::vector<Served>>;

}  // namespace fairlead::controller
