#include "node/filter/clients.h"

namespace fairlead::filter {

std::optional<Clients> clients_within(const std::vector<net::Prefix>& ranges, net::Family family) {
  if (ranges.empty()) return std::nullopt;
  Clients networks;
  for (const net::Prefix& range : ranges) {
    if (range.address.family() != family) continue;
    if (range.length == 0) return std::nullopt;
    networks.insert(range.network());
  }
  // In this order a network comes before those within it.
  Clients out;
  std::optional<net::Prefix> last;
  for (const net::Prefix& network : networks) {
    if (last && last->contains(network.address)) continue;
    last = network;
    out.insert(network);
  }
  return out;
}

}  // namespace fairlead::filter
