#include "node/agent/unforgotten.h"

#include <variant>

namespace fairlead::agent {

Unforgotten after_pass(Unforgotten before, const TablePass& pass) {
  std::set<ipvs::Key> repaired;
  for (const ipvs::Change& change : pass.repairs) repaired.insert(ipvs::key_of(change));
  for (const ipvs::Change& change : pass.done) {
    const ipvs::Key& key = ipvs::key_of(change);
    if (const auto* back = std::get_if<ipvs::AddDestination>(&change))
      before.servers.erase({key, back->endpoint});
    else if (std::holds_alternative<ipvs::DeleteService>(change))
      before.services.erase(key);
    else if (std::holds_alternative<ipvs::AddService>(change) && !repaired.contains(key))
      before.services.insert(key);
  }
  for (const ipvs::Server& server : pass.departures.gone) {
    if (before.servers.size() >= kMostUnforgotten) break;
    if (server.key.protocol == net::Protocol::kUdp) before.servers.insert(server);
  }
  return before;
}

}  // namespace fairlead::agent
