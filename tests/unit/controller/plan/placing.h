#pragma once

#include <algorithm>
#include <string>

#include "controller/plan/place.h"
#include "unit/controller/builders.h"

// What place() is given by the tests of it.
namespace fairlead::controller::testing {

// Everything that VirtualIPs ask for is granted.
inline Seating granted(const Inputs& inputs) {
  Seating out;
  for (const auto& [key, object] : inputs.virtual_ips) {
    if (object.meta.deleting) continue;
    for (const auto& address : object.spec.addresses) {
      const auto choice = pool_for(inputs, {}, address, object.spec.pool, {});
      out.claims.granted[address].push_back({key, object.meta.uid, address, choice.pool});
    }
  }
  return out;
}
// Each address in the group that its claim is to name.
inline Placement placed(const Inputs& inputs, Seating seating) {
  seating.named = place(inputs, holdings(inputs), seating).chosen;
  return place(inputs, holdings(inputs), seating);
}
inline Placement placed(const Inputs& inputs) { return placed(inputs, granted(inputs)); }

inline void add_vips(Inputs& inputs, int count) {
  for (int i = 0; i < count; ++i) {
    auto object = vip("vip-" + std::to_string(i), "192.0.2." + std::to_string(100 + i));
    object.meta.creation_timestamp = WallTime(Seconds(i));
    put(inputs.virtual_ips, object);
  }
}

// Every node has an IPv6 prefix besides, the pool `six` is for it.
inline Inputs with_ipv6() {
  Inputs inputs = three_nodes();
  for (const std::string name : {"a", "b", "c"}) {
    auto& addresses = inputs.node_reports.at({"", "node-" + name}).spec.interfaces.front().addresses;
    addresses.push_back(*net::parse_prefix("2001:db8::" + name + "/64"));
    addresses.push_back(*net::parse_prefix("fe80::" + name + "/64"));
  }
  put(inputs.pools, pool("six", "2001:db8::1:0/112"));
  return inputs;
}

}  // namespace fairlead::controller::testing
