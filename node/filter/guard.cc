#include "node/filter/guard.h"

namespace fairlead::filter {

Guard guard(const std::map<plan::VirtualServerKey, Passage>& servers) {
  Guard result;
  for (const auto& [key, passage] : servers) {
    result.ports.insert(key);
    if (passage.clients) result.limited.emplace(key, *passage.clients);
    if (passage.route == Route::kDirect)
      result.direct.insert(key.address);
    else
      result.floating.emplace(key.address, key.address);
  }
  return result;
}

bool covers(const Guard& guard, const plan::VirtualServerKey& server, const Passage& passage) {
  const bool vip = passage.route == Route::kDirect ? guard.direct.contains(server.address)
                                                   : guard.floating.contains(server.address);
  return vip && guard.ports.contains(server) && clients_of(guard, server) == passage.clients;
}

std::optional<Clients> clients_of(const Guard& guard, const plan::VirtualServerKey& server) {
  const auto found = guard.limited.find(server);
  if (found == guard.limited.end()) return std::nullopt;
  return found->second;
}

}  // namespace fairlead::filter
