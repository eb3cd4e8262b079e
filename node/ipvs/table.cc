#include "node/ipvs/table.h"

namespace fairlead::ipvs {

bool is_idle(const Connections& connections) { return connections == Connections{}; }

Destinations without_connections(const SeenDestinations& seen) {
  Destinations out;
  for (const auto& [endpoint, one] : seen) out.emplace(endpoint, one.destination);
  return out;
}

bool fits(const Destination& actual, const Destination& wanted) {
  Destination seen = actual;
  if (seen.method == Method::kLocal) seen.method = wanted.method;
  return seen == wanted;
}

}  // namespace fairlead::ipvs
