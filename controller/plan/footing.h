#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "controller/plan/belongings.h"
#include "controller/plan/inputs.h"

namespace fairlead::controller {

// What the endpoints of a Service decide besides who is a real server: which nodes may hold its addresses,
// and whether these are held at all. Where it changes a whole round is due at once (FC-05).
struct Footing {
  using Nodes = std::set<std::string>;

  // externalTrafficPolicy: Local. By family the nodes with a ready endpoint; if none is ready anywhere, those
  // with one that serves and terminates (KEP-1669); without any the family is not there. Absent: Cluster.
  std::optional<std::map<net::Family, Nodes>> local_nodes;
  // The families of which some endpoint takes new connections.
  std::set<net::Family> served;
  friend bool operator==(const Footing&, const Footing&) = default;
};
// By Service; those alone of which something depends on it: with externalTrafficPolicy Local, or behind a
// VirtualIP with onNoEndpoints Withdraw. One that does not exist has no endpoints.
using Footings = std::map<api::ObjectKey, Footing>;

Footings footings(const Inputs& inputs, const Belongings& belongings);

// True if the endpoints of one of these Services say something else now than in `known`, the footings of the
// last whole round. REQUIRES: nothing but EndpointSlices and RealServerSets has changed since.
bool shifts(const Inputs& inputs, const Footings& known, const std::set<api::ObjectKey>& services);

}  // namespace fairlead::controller
