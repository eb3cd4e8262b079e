#include "node/filter/guard.h"

namespace fairlead::filter {

Guard guard(const std::map<plan::VirtualServerKey, Route>& servers) {
  Guard result;
  for (const auto& [key, route] : servers) {
    result.ports.insert(key);
    if (route == Route::kDirect)
      result.direct.insert(key.address);
    else
      result.floating.emplace(key.address, key.address);
  }
  return result;
}

bool covers(const Guard& guard, const plan::VirtualServerKey& server, Route route) {
  const bool vip = route == Route::kDirect ? guard.direct.contains(server.address)
                                           : guard.floating.contains(server.address);
  return vip && guard.ports.contains(server);
}

}  // namespace fairlead::filter
